/** Keeps the screen on while on duty, for a phone in its holder: a browser shares only while the page is seen. */
import { signal } from "@preact/signals";

const KEPT = "geo-assign-keep-awake";

export const awake = signal(localStorage.getItem(KEPT) === "on");
let lock: WakeLockSentinel | null = null;

export function keepAwake(wanted: boolean): void {
  localStorage.setItem(KEPT, wanted ? "on" : "off");
  awake.value = wanted;
}

/** Hold the screen, or let it go; the system lets go by itself when the page is not seen. */
export async function holdScreen(wanted: boolean): Promise<void> {
  if (!("wakeLock" in navigator)) return;
  if (wanted && !document.hidden && (lock === null || lock.released)) {
    lock = await navigator.wakeLock.request("screen").catch(() => null);
  }
  if (!wanted) {
    await lock?.release();
    lock = null;
  }
}
