/**
 * The server's clock as this phone knows it: the phone's own, and by how much that is wrong.
 *
 * It counts with the wall clock, because the monotonic one of many phones stands still while they sleep. A wall clock
 * that is set back is noticed, for the monotonic one never runs faster.
 */
const SLACK_MS = 1_000;

export interface Clocks {
  wall: () => number;
  monotonic: () => number;
}

const OF_THE_PHONE: Clocks = { wall: () => Date.now(), monotonic: () => performance.now() };

export class PhoneClock {
  private wallAt: number;
  private monotonicAt: number;

  /** `offsetMs`: by how much the phone was wrong when it was last told the time. */
  constructor(
    private offsetMs = 0,
    private readonly clocks: Clocks = OF_THE_PHONE,
  ) {
    this.wallAt = clocks.wall();
    this.monotonicAt = clocks.monotonic();
  }

  /** Take the time from an answer that has just come. */
  sync(serverNow: string): void {
    const told = Date.parse(serverNow);
    if (Number.isNaN(told)) return;
    this.look();
    this.offsetMs = told - this.wallAt;
  }

  /** Milliseconds since the epoch by the server's clock. */
  now(): number {
    this.look();
    return this.wallAt + this.offsetMs;
  }

  /** What the phone calls `wallMs`, by the server's clock. */
  at(wallMs: number): number {
    this.look();
    return Math.min(wallMs, this.wallAt) + this.offsetMs;
  }

  /** To be kept: a phone that starts without a network is still wrong by so much. */
  get offset(): number {
    return this.offsetMs;
  }

  private look(): void {
    const wall = this.clocks.wall();
    const monotonic = this.clocks.monotonic();
    const setBack = monotonic - this.monotonicAt - (wall - this.wallAt);
    if (setBack > SLACK_MS) this.offsetMs += setBack;
    this.wallAt = wall;
    this.monotonicAt = monotonic;
  }
}
