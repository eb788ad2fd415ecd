import { signal } from "@preact/signals";
import { ServerClock } from "../model/clock";

/** The time by the server's clock, told once a second; of the past, the instant that is shown. */
export class ServerTime {
  readonly clock = new ServerClock();
  /** Milliseconds by the server's clock, once a second. */
  readonly now = signal(Date.now());

  constructor(serverNow: string) {
    this.clock.sync(serverNow);
  }

  tick(pastMs: number | null): void {
    this.now.value = pastMs ?? this.clock.now();
  }
}

interface Rhythm {
  everySecond(): void;
  /** Each number of milliseconds, while the page is seen. */
  whileSeen: readonly (readonly [everyMs: number, act: () => void])[];
  /** The page is seen again. */
  onShown(): void;
  onNetwork(online: boolean): void;
}

/** Run what a desk does again and again, until the answer is called. */
export function keepTime(rhythm: Rhythm): () => void {
  const isSeen = () => document.visibilityState === "visible";
  const timers = [
    setInterval(() => rhythm.everySecond(), 1000),
    ...rhythm.whileSeen.map(([everyMs, act]) => setInterval(() => isSeen() && act(), everyMs)),
  ];
  const listening = new AbortController();
  const { signal } = listening;
  const shown = () => {
    if (isSeen()) rhythm.onShown();
  };
  const network = () => rhythm.onNetwork(navigator.onLine);
  document.addEventListener("visibilitychange", shown, { signal });
  window.addEventListener("pageshow", shown, { signal });
  window.addEventListener("online", network, { signal });
  window.addEventListener("offline", network, { signal });
  return () => {
    timers.forEach((timer) => clearInterval(timer));
    listening.abort();
  };
}
