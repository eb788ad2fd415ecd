import type { Surroundings } from "./stream";

/**
 * The real browser. Web Locks and BroadcastChannel share one connection between the tabs of a
 * person; where they are missing (plain HTTP from another machine) each tab opens its own.
 */
export function browserSurroundings(person: string): Surroundings {
  const name = `geo-assign-live-${person}`;
  const locks: LockManager | undefined = navigator.locks;
  const shared = locks !== undefined && "BroadcastChannel" in window;
  return {
    openSource: (url) => new EventSource(url),
    openChannel: () => (shared ? new BroadcastChannel(name) : null),
    elect: (lead, signal) => {
      if (!shared) return lead();
      const held = new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      const holding = () => {
        lead();
        return held;
      };
      locks.request(name, { signal }, holding).catch(() => {
        // Aborted while waiting: this tab is being closed or logged out.
      });
    },
    monotonic: () => performance.now(),
  };
}
