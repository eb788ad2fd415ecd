/** Putting the app on the home screen, where the browser lets a page ask for it. */
import { signal } from "@preact/signals";

interface InstallEvent extends Event {
  prompt(): Promise<void>;
  userChoice: Promise<{ outcome: "accepted" | "dismissed" }>;
}

export const installEvent = signal<InstallEvent | null>(null);

export function listenForInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installEvent.value = event as InstallEvent;
  });
  addEventListener("appinstalled", () => {
    installEvent.value = null;
  });
}

export async function install(): Promise<void> {
  const asked = installEvent.value;
  if (asked === null) return;
  await asked.prompt();
  if ((await asked.userChoice).outcome === "accepted") installEvent.value = null;
}

/** Whether it runs as an app already. */
export const isInstalled = (): boolean => matchMedia("(display-mode: standalone)").matches;
export const isIos = (): boolean => /iphone|ipad/i.test(navigator.userAgent);
