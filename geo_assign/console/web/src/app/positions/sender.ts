/** Sends the kept positions: the oldest first, batch after batch, one call at a time. */
import { ApiProblem } from "../../api/client";
import { waitAfter } from "../retrying";
import type { PositionBuffer, Result } from "./buffer";
import type { Fix } from "./fix";

export interface Answered {
  results: readonly Result[];
  next_interval_s: number;
}

export type Send = (positions: Omit<Fix, "owner">[]) => Promise<Answered>;

export interface Told {
  /** After each batch: what was refused, and how many still wait. */
  onSettled: (refusals: ReadonlySet<string>, waiting: number) => void;
  onInterval: (seconds: number) => void;
  /** Positions of this user are not taken: the log-in has ended, or the technician is not active. */
  onStopped: (problem: ApiProblem) => void;
}

const TOO_LARGE = new Set([400, 413, 422]);
const STOPS = new Set([401, 403, 404]);

export class PositionSender {
  private running: Promise<void> | null = null;
  private failures = 0;
  private most: number;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly buffer: PositionBuffer,
    private readonly send: Send,
    private readonly told: Told,
    mostAtOnce = 500,
  ) {
    this.most = mostAtOnce;
  }

  /** Send what waits. A call while another is under way does not begin a second one. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.running ??= this.sendAll().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private async sendAll(): Promise<void> {
    let more = true;
    while (more) {
      const batch = await this.buffer.batch(this.most);
      if (batch.length === 0) return;
      more = await this.sendBatch(batch);
    }
  }

  /** Whether to go on at once. */
  private async sendBatch(batch: Awaited<ReturnType<PositionBuffer["batch"]>>): Promise<boolean> {
    try {
      const answered = await this.send(batch.map(({ value: { owner: _, ...position } }) => position));
      this.failures = 0;
      const { refusals, taken } = await this.buffer.settle(batch, answered.results);
      this.told.onInterval(answered.next_interval_s);
      this.told.onSettled(refusals, await this.buffer.count());
      // An answer that judges none would be asked for ever.
      return taken > 0 || refusals.size > 0;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      return this.refused(error, batch);
    }
  }

  private async refused(problem: ApiProblem, batch: Awaited<ReturnType<PositionBuffer["batch"]>>): Promise<boolean> {
    if (TOO_LARGE.has(problem.status)) {
      if (batch.length === 1) await this.buffer.discard(batch[0]!);
      this.most = Math.max(1, Math.floor(batch.length / 2));
      return true;
    }
    if (STOPS.has(problem.status)) {
      this.told.onStopped(problem);
      return false;
    }
    this.failures += 1;
    this.timer = setTimeout(() => void this.flush(), waitAfter(this.failures) * 1000);
    return false;
  }
}
