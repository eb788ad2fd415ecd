/** Positions that wait to be sent: they are deleted only when the service has said what became of each. */
import type { Row, Shelf } from "../kept/shelves";
import type { Fix } from "./fix";

const VERDICTS = ["accepted", "duplicate", "late", "rejected"] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Result {
  index: number;
  verdict: string;
  reason?: string | null;
}

export interface Settled {
  /** How many the service has now, or knew already. */
  taken: number;
  /** Why others were refused, once each. */
  refusals: ReadonlySet<string>;
}

export class PositionBuffer {
  constructor(
    private readonly shelf: Shelf<Fix>,
    readonly owner: string,
  ) {}

  async add(fix: Fix): Promise<void> {
    await this.shelf.add(fix);
  }

  /** The oldest, in their order. */
  batch(most: number): Promise<Row<Fix>[]> {
    return this.shelf.list(this.owner, most);
  }

  count(): Promise<number> {
    return this.shelf.count(this.owner);
  }

  /** Delete what has a verdict; what has none is sent again. */
  async settle(batch: readonly Row<Fix>[], results: readonly Result[]): Promise<Settled> {
    const judged = results.filter(({ index, verdict }) => batch[index] !== undefined && isVerdict(verdict));
    await this.shelf.remove(judged.map(({ index }) => batch[index]!.key));
    const refused = judged.filter(({ verdict }) => verdict === "rejected");
    return {
      taken: judged.length - refused.length,
      refusals: new Set(refused.map(({ reason }) => reason ?? "unknown")),
    };
  }

  /** Delete one that the service cannot read at all: it would hold up the others for ever. */
  async discard(row: Row<Fix>): Promise<void> {
    await this.shelf.remove([row.key]);
  }
}

const isVerdict = (text: string): text is Verdict => (VERDICTS as readonly string[]).includes(text);
