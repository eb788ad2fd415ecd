/** The service worker, and whether a newer version of the app waits. It is never put in place while a person types. */
import { signal } from "@preact/signals";

export const newVersion = signal(false);
let waiting: ServiceWorker | null = null;

const LOOK_EVERY_MS = 30 * 60_000;

export async function registerWorker(onPush: () => void): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const had = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data === "push") onPush();
  });
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (had && newVersion.value) location.reload();
  });
  // A private window may refuse it: then the app works without, as long as there is a network.
  const registration = await navigator.serviceWorker
    .register("/app/worker.js", { scope: "/app/" })
    .catch(() => undefined);
  if (!registration) return;
  const tell = () => {
    if (registration.waiting && navigator.serviceWorker.controller) {
      waiting = registration.waiting;
      newVersion.value = true;
    }
  };
  tell();
  registration.addEventListener("updatefound", () => {
    registration.installing?.addEventListener("statechange", tell);
  });
  setInterval(() => void registration.update().catch(() => undefined), LOOK_EVERY_MS);
}

/** The person has pressed the button: what is typed is kept as a draft, and the page loads anew. */
export function useNewVersion(): void {
  waiting?.postMessage("use");
}
