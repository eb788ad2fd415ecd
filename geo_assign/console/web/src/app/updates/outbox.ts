/** Sends what was done, in its order; what the service refuses for good is dropped, and said. */
import { signal } from "@preact/signals";
import { ApiProblem } from "../../api/client";
import type { Row, Shelf } from "../kept/shelves";
import { waitAfter } from "../retrying";
import { endsOrder, type Lost, type Notice, outcomeOf, type Update } from "./update";

/** Sends one update; throws ApiProblem. */
export type SendUpdate = (update: Update) => Promise<void>;

export class Outbox {
  /** What waits, oldest first. */
  readonly waiting = signal<readonly Update[]>([]);
  readonly notices = signal<readonly Row<Notice>[]>([]);
  /** Called after something was sent or dropped: what the service knows has changed. */
  onChanged: () => void = () => {};
  onLogInNeeded: () => void = () => {};
  private running: Promise<void> | null = null;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly updates: Shelf<Update>,
    private readonly kept: Shelf<Notice>,
    readonly owner: string,
    private readonly send: SendUpdate,
    private readonly now: () => number,
  ) {}

  /** Show what an earlier page left. */
  async open(): Promise<void> {
    await this.show();
    this.notices.value = await this.kept.list(this.owner);
  }

  /** Keep an update, and try to send it. */
  async add(update: Update): Promise<void> {
    await this.updates.add(update);
    await this.show();
    void this.flush();
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

  /** Take back what was not sent yet, such as a photo. */
  async takeBack(id: string): Promise<boolean> {
    const row = (await this.updates.list(this.owner)).find(({ value }) => value.id === id);
    if (row === undefined) return false;
    await this.updates.remove([row.key]);
    await this.show();
    return true;
  }

  async dismiss(key: number): Promise<void> {
    await this.kept.remove([key]);
    this.notices.value = await this.kept.list(this.owner);
  }

  private async sendAll(): Promise<void> {
    let changed = false;
    while (true) {
      const [oldest] = await this.updates.list(this.owner, 1);
      if (oldest === undefined || !(await this.sendOne(oldest))) break;
      changed = true;
    }
    if (changed) this.onChanged();
  }

  /** Whether the update is off the shelf. */
  private async sendOne(row: Row<Update>): Promise<boolean> {
    try {
      await this.send(row.value);
      await this.updates.remove([row.key]);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      const outcome = outcomeOf({ status: error.status, code: error.code, state: error.body.state });
      if (outcome.name === "log_in") this.onLogInNeeded();
      if (outcome.name === "again") this.tryLater();
      if (outcome.name !== "lost") return false;
      await this.drop(row, outcome.why, error.message);
    }
    this.failures = 0;
    await this.show();
    return true;
  }

  private async drop(row: Row<Update>, why: Lost, detail: string): Promise<void> {
    const update = row.value;
    const rows = await this.updates.list(this.owner);
    const with_it = rows.filter(({ key, value }) => key !== row.key && endsOrder(why) && isOfSameOrder(value, update));
    const number = update.kind === "off_duty" ? "" : update.number;
    const at = new Date(this.now()).toISOString();
    // The word first: a page that is closed in between says it twice rather than never.
    await this.kept.add({ owner: this.owner, at, why, number, count: with_it.length + 1, detail });
    await this.updates.remove([row, ...with_it].map(({ key }) => key));
    this.notices.value = await this.kept.list(this.owner);
  }

  private tryLater(): void {
    this.failures += 1;
    this.timer = setTimeout(() => void this.flush(), waitAfter(this.failures) * 1000);
  }

  private async show(): Promise<void> {
    this.waiting.value = (await this.updates.list(this.owner)).map(({ value }) => value);
  }
}

function isOfSameOrder(one: Update, other: Update): boolean {
  return one.kind !== "off_duty" && other.kind !== "off_duty" && one.work_order_id === other.work_order_id;
}
