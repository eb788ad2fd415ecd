/**
 * The server's clock as this page knows it. It counts with the monotonic clock between two
 * messages, so a wrong or corrected computer clock moves no deadline and no age.
 */
export class ServerClock {
  private anchorMs = 0;
  private anchoredAt = 0;
  private known = false;

  constructor(private readonly monotonic: () => number = () => performance.now()) {}

  /** Take the time from a message just received. */
  sync(serverNow: string): void {
    const ms = Date.parse(serverNow);
    if (Number.isNaN(ms)) return;
    this.anchorMs = ms;
    this.anchoredAt = this.monotonic();
    this.known = true;
  }

  /** Milliseconds since the epoch by the server's clock; by the computer's before any message. */
  now(): number {
    return this.known ? this.anchorMs + this.monotonic() - this.anchoredAt : Date.now();
  }
}

/** Whole seconds between then and now, never negative; null when then is unknown. */
export function ageSeconds(recordedAt: string | null, nowMs: number): number | null {
  if (recordedAt === null) return null;
  const then = Date.parse(recordedAt);
  return Number.isNaN(then) ? null : Math.max(0, Math.floor((nowMs - then) / 1000));
}

export interface Remaining {
  /** `m:ss`, rounded up, so that `0:00` means over. */
  text: string;
  seconds: number;
  /** What is left of the whole time, 0 to 1. */
  share: number;
}

/** What is left of an offer. */
export function remaining(offer: { offered_at: string; expires_at: string }, nowMs: number): Remaining {
  const end = Date.parse(offer.expires_at);
  const whole = Math.max(1, end - Date.parse(offer.offered_at));
  const left = Math.max(0, end - nowMs);
  const seconds = Math.ceil(left / 1000);
  const text = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return { text, seconds, share: Math.min(1, left / whole) };
}
