/** What the service worker does, as values. */

export interface Asked {
  method: string;
  isPage: boolean;
  path: string;
  isOurs: boolean;
}

export type How = "page" | "shell" | "large" | "network";

const ASSETS = "/console/assets/";

/** From where a request is answered. Whatever the service says, of `/v1` or elsewhere, comes from the service. */
export function howToAnswer({ method, isPage, path, isOurs }: Asked, shell: readonly string[]): How {
  if (method !== "GET" || !isOurs) return "network";
  if (isPage) return path === "/app" || path.startsWith("/app/") ? "page" : "network";
  if (shell.includes(path)) return "shell";
  return path.startsWith(ASSETS) ? "large" : "network";
}

/** What a push says: `docs/phones.md`. */
export interface Pushed {
  kind: "offer" | "offer_withdrawn" | "assigned" | "unassigned";
  work_order_id: string;
  title: string;
  body: string;
}

export interface Shown {
  title: string;
  options: NotificationOptions & { renotify: boolean };
}

/** An offer stays on the screen until it is answered; what is newer of the same work order replaces what is older. */
export function notificationOf(pushed: Pushed): Shown {
  const calls = pushed.kind === "offer" || pushed.kind === "assigned";
  return {
    title: pushed.title,
    options: {
      body: pushed.body,
      tag: pushed.work_order_id,
      icon: "/app/icons/icon-192.png",
      badge: "/app/icons/badge-96.png",
      data: pushed,
      requireInteraction: pushed.kind === "offer",
      renotify: calls,
      silent: !calls,
    },
  };
}
