/** One tab of a browser at a time is the app: two would send everything twice, and share one place as two. */
import { signal } from "@preact/signals";

export type Tab = "waiting" | "here" | "elsewhere";

export const tab = signal<Tab>("waiting");
const LOCK = "geo-assign-app";

/** Be the app where no other tab is; `take`: even then. Resolves when this tab has become it. */
export async function becomeTheApp(take = false): Promise<void> {
  const locks = navigator.locks;
  if (!locks) {
    tab.value = "here";
    return;
  }
  await new Promise<void>((resolve) => {
    const options = take ? { steal: true } : { ifAvailable: true };
    const held = locks.request(LOCK, options, (lock) => {
      tab.value = lock ? "here" : "elsewhere";
      if (!lock) return undefined;
      resolve();
      // Held until the tab is closed, or another one takes it.
      return new Promise<never>(() => {});
    });
    held.catch(() => {
      tab.value = "elsewhere";
    });
  });
}
