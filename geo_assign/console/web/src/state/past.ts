import { batch, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { MapSnapshot } from "../api/types";

/** A slider that is drawn is asked about where it rests. */
const SETTLED_MS = 120;

/** The past that the map shows: which instant, and how asking for it went. */
export class Past {
  /** Milliseconds; null while the present is shown. */
  readonly at = signal<number | null>(null);
  readonly loading = signal(false);
  readonly problem = signal<string | null>(null);
  /** The earliest instant that can be asked for, once known. */
  readonly reachesBackTo = signal<number | null>(null);
  private asked = 0;

  constructor(private readonly client: Client) {}

  leave(): void {
    this.asked += 1;
    batch(() => {
      this.at.value = null;
      this.loading.value = false;
      this.problem.value = null;
    });
  }

  /** The map of the instant that is shown; null when another one was asked for meanwhile, or it is not known. */
  async read(bbox?: [number, number, number, number]): Promise<MapSnapshot | null> {
    const at = this.at.peek();
    if (at === null) return null;
    const number = ++this.asked;
    this.loading.value = true;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    if (number !== this.asked) return null;
    try {
      const snapshot = await this.client.map(bbox, {}, false, at);
      if (number !== this.asked) return null;
      this.problem.value = null;
      this.keep(snapshot.past?.reaches_back_to);
      return snapshot;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (number === this.asked) this.refused(error);
      return null;
    } finally {
      if (number === this.asked) this.loading.value = false;
    }
  }

  private refused(problem: ApiProblem): void {
    this.problem.value = problem.message;
    this.keep(problem.body.reaches_back_to);
  }

  private keep(reachesBackTo: string | undefined): void {
    if (reachesBackTo) this.reachesBackTo.value = Date.parse(reachesBackTo);
  }
}
