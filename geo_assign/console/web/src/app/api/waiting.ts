/** Asks again and again for what is new, and waits at the service meanwhile. */
import { ApiProblem } from "../../api/client";
import { waitAfter } from "../retrying";
import type { Tagged } from "./calls";

type Ask<T> = (etag: string | null, wait: boolean, signal: AbortSignal) => Promise<Tagged<T>>;

const LONGEST_MS = 40_000;

export class WaitingCall<T> {
  private etag: string | null = null;
  private stopped = true;
  private waiting: AbortController | null = null;
  private wake: () => void = () => {};
  private failures = 0;

  constructor(
    private readonly ask: Ask<T>,
    private readonly onNews: (answer: T) => void | Promise<void>,
    /** Called with what went wrong, and with null when that is over. */
    private readonly onTrouble: (problem: ApiProblem | null) => void = () => {},
  ) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    void this.run();
  }

  stop(): void {
    this.stopped = true;
    this.etag = null;
    this.hurry();
  }

  /** Something may be new: do not wait for the end of the present call. */
  hurry(): void {
    this.waiting?.abort();
    this.wake();
  }

  private async run(): Promise<void> {
    // The first answer comes at once, also where there is nothing; after a hurry, too.
    let wait = false;
    while (!this.stopped) {
      const hurried = await this.once(wait);
      wait = !hurried && this.failures === 0;
    }
  }

  /** Ask once; returns whether the call was broken off to ask again. */
  private async once(wait: boolean): Promise<boolean> {
    const waiting = new AbortController();
    this.waiting = waiting;
    const signal = AbortSignal.any([waiting.signal, AbortSignal.timeout(LONGEST_MS)]);
    try {
      const news = await this.ask(this.etag, wait, signal);
      if (this.failures > 0) this.onTrouble(null);
      this.failures = 0;
      if (news === null || this.stopped) return false;
      this.etag = news.etag;
      await this.onNews(news.answer);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (waiting.signal.aborted) return true;
      this.onTrouble(error);
      await this.pause(error);
    } finally {
      this.waiting = null;
    }
    return false;
  }

  private async pause(problem: ApiProblem): Promise<void> {
    // Logged out: the page stops this call; until then it does not hammer.
    this.failures = problem.status === 401 ? this.failures + 3 : this.failures + 1;
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      this.wake = resolve;
      timer = setTimeout(resolve, waitAfter(this.failures) * 1000);
    });
    clearTimeout(timer);
    this.wake = () => {};
  }
}
