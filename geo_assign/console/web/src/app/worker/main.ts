/// <reference lib="webworker" />
/**
 * The service worker of the technician's app. It keeps the app's own files, so that it opens without a network; of the
 * service's answers it keeps none. It shows what a push says.
 */
import { type Asked, howToAnswer, notificationOf, type Pushed } from "./answers";

declare const self: ServiceWorkerGlobalScope;
/** Put in by the build: the files of the app, and a name that changes with any of them. */
declare const SHELL: readonly string[];
declare const SHELL_NAME: string;

const PAGE = "/app/";
const LARGE = "geo-assign-app-large";

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL_NAME).then((cache) => cache.addAll([PAGE, ...SHELL])));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(removeOldShells().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  if (event.data === "use") void self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const asked: Asked = {
    method,
    isPage: mode === "navigate",
    path: new URL(url).pathname,
    isOurs: new URL(url).origin === location.origin,
  };
  const how = howToAnswer(asked, SHELL);
  if (how === "page") event.respondWith(kept(SHELL_NAME, PAGE, event.request));
  if (how === "shell") event.respondWith(kept(SHELL_NAME, event.request, event.request));
  if (how === "large") event.respondWith(keptLarge(event.request));
});

self.addEventListener("push", (event) => {
  const pushed = event.data?.json() as Pushed | undefined;
  if (pushed === undefined) return;
  const { title, options } = notificationOf(pushed);
  event.waitUntil(Promise.all([self.registration.showNotification(title, options), tellPages()]));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openApp());
});

async function kept(cache: string, name: RequestInfo, asked: Request): Promise<Response> {
  return (await (await caches.open(cache)).match(name)) ?? fetch(asked);
}

/** The map's library: fetched when it is needed first, and never again, for its name changes with its content. */
async function keptLarge(asked: Request): Promise<Response> {
  const cache = await caches.open(LARGE);
  const known = await cache.match(asked);
  if (known) return known;
  const answer = await fetch(asked);
  if (answer.ok) await cache.put(asked, answer.clone());
  return answer;
}

async function removeOldShells(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(
    names
      .filter((name) => name.startsWith("geo-assign-app-") && name !== SHELL_NAME)
      .map((name) => caches.delete(name)),
  );
}

async function pages(): Promise<readonly WindowClient[]> {
  const found = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return found.filter(({ url }) => new URL(url).pathname.startsWith(PAGE));
}

async function tellPages(): Promise<void> {
  for (const page of await pages()) page.postMessage("push");
}

async function openApp(): Promise<void> {
  const [open] = await pages();
  await (open ? open.focus() : self.clients.openWindow(PAGE));
}
