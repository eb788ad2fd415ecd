import { batch, computed, effect, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../../api/client";
import type { Calendar, Choice, WorkOrder } from "../../api/types";
import { queryValue } from "../../frame/router";
import { addDays, isDate, weekOf } from "../../model/dates";
import { localDate } from "../../model/zone";
import type { Desk } from "../../state/desk";
import { texts } from "../../texts/console";
import { type Axis, DAY_MINUTES, hoursToShow, makeAxis } from "./axis";
import {
  type Around,
  daysOf,
  hasClock,
  mustShow,
  rowsOf,
  technicianRow,
  timeText,
  unassignedRows,
  workingHours,
} from "./calendar";
import { askForChoice, asksForChoice, type Deed, deedOf, type Mode, perform } from "./deeds";
import type { Held, Place } from "./moving";
import { merged, withOrder } from "./patching";
import { isUnassigned, type Row } from "./rows";

const PAGE = 200;
const AGAIN_MS = 1_200;
const SLOW_MS = 5_000;
const UNDO_MS = 10_000;
const ASK_AFTER_MS = 180;

/** What was let go somewhere, and what is known of it; `order` null: something new. */
export interface Question {
  held: Held;
  at: Place;
  order: WorkOrder | null;
  deed: Deed;
}

export interface Done {
  text: string;
  number: string;
  untilMs: number;
}

/** The board's calendar, kept current, and the question that a move asks. */
export class Board {
  readonly calendar = signal<Calendar | null>(null);
  readonly problem = signal<string | null>(null);
  readonly reading = signal(false);
  readonly question = signal<Question | null>(null);
  readonly choice = signal<Choice | null>(null);
  /** What went wrong when the question was answered, or looked into. */
  readonly refusal = signal<string | null>(null);
  readonly sending = signal<Mode | "move" | null>(null);
  readonly done = signal<Done | null>(null);

  readonly span = computed<"day" | "week">(() => (queryValue("span") === "week" ? "week" : "day"));
  readonly wholeDay = computed(() => queryValue("hours") === "all");
  readonly groupId = computed(() => queryValue("group") ?? "");
  readonly stores = computed(() => {
    const scope = this.desk.scope.value;
    return this.desk.me.stores.filter(({ id }) => scope.size === 0 || scope.has(id));
  });
  /** The zone of all stores shown; UTC when they differ. */
  readonly zone = computed(() => {
    const zones = new Set(this.stores.value.map(({ timezone }) => timezone));
    return zones.size === 1 ? [...zones][0]! : "UTC";
  });
  /** Seconds matter to few rows: the others are made anew every five. */
  private readonly slowNow = computed(() => Math.floor(this.desk.now.value / SLOW_MS) * SLOW_MS);
  readonly today = computed(() => localDate(this.slowNow.value, this.zone.value));
  readonly date = computed(() => {
    const wanted = queryValue("day");
    return wanted && isDate(wanted) ? wanted : this.today.value;
  });
  readonly dates = computed<readonly [string, string]>(() =>
    this.span.value === "week" ? weekOf(this.date.value) : [this.date.value, this.date.value],
  );
  readonly axis = computed<Axis | null>(() => {
    const calendar = this.calendar.value;
    if (!calendar) return null;
    const days = daysOf(calendar);
    const hours = this.wholeDay.value
      ? { from: 0, to: DAY_MINUTES }
      : hoursToShow(days, workingHours(calendar), mustShow(calendar), calendar.timezone);
    const shown = (hours.to - hours.from) / 60;
    const tickHours = days.length === 1 ? 1 : shown > 12 ? 6 : 3;
    return this.keptAxis(makeAxis(days, hours, calendar.timezone, tickHours));
  });
  readonly rows = computed<readonly Row[]>(() => {
    const calendar = this.calendar.value;
    if (!calendar) return [];
    const slow = this.slowRows.value;
    const clocks = new Map(calendar.items.filter(hasClock).map((row) => [row.id, row]));
    if (clocks.size === 0) return slow;
    const around = this.around(calendar, this.desk.now.value);
    const days = daysOf(calendar);
    return slow.map((row) => {
      const ticking = clocks.get(row.id);
      return ticking ? technicianRow(ticking, days, around) : row;
    });
  });

  private readonly slowRows = computed<readonly Row[]>(() => {
    const calendar = this.calendar.value;
    if (!calendar) return [];
    this.desk.orders.value;
    return this.kept(rowsOf(calendar, this.around(calendar, this.slowNow.value)));
  });
  private axisBefore: { axis: Axis; text: string } | null = null;
  private keptRows = new Map<string, { row: Row; text: string }>();
  private known: ReadonlyMap<string, WorkOrder> = new Map();
  private again: ReturnType<typeof setTimeout> | undefined;
  private asking: ReturnType<typeof setTimeout> | undefined;
  private wanted = 0;
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly desk: Desk,
    private readonly client: Client,
  ) {}

  start(): () => void {
    this.known = this.desk.orders.peek();
    this.ends.push(
      effect(() => {
        [this.dates.value, this.groupId.value, this.stores.value];
        void this.read();
      }),
      effect(() => this.follow(this.desk.orders.value)),
      effect(() => {
        // What was missed while the stream was away.
        if (this.desk.live.value === "live" && this.calendar.peek()) this.readSoon();
      }),
      effect(() => {
        const done = this.done.value;
        if (done && this.desk.now.value > done.untilMs) this.done.value = null;
      }),
    );
    return () => {
      this.ends.forEach((end) => end());
      clearTimeout(this.again);
      clearTimeout(this.asking);
    };
  }

  /** Read the days that are shown; the newest request wins. */
  async read(): Promise<void> {
    this.wanted += 1;
    const { wanted } = this;
    this.reading.value = true;
    try {
      const fresh = await this.readAll();
      if (wanted !== this.wanted) return;
      for (const { id, name } of fresh.items) this.desk.names.set(id, name);
      batch(() => {
        this.calendar.value = merged(this.calendar.peek(), fresh);
        this.problem.value = null;
      });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (wanted === this.wanted) this.problem.value = error.message;
    } finally {
      if (wanted === this.wanted) this.reading.value = false;
    }
  }

  private async readAll(): Promise<Calendar> {
    const [from, to] = this.dates.peek();
    const stores = this.stores.peek();
    const query = {
      from,
      to,
      timezone: this.zone.peek(),
      store_id: stores.length === 1 ? stores[0]!.id : undefined,
      group_id: this.groupId.peek() || undefined,
      limit: PAGE,
    };
    const first = await this.page(query);
    const items = [...first.items];
    let cursor = first.next_cursor;
    while (cursor !== null) {
      const next = await this.page({ ...query, cursor });
      items.push(...next.items);
      cursor = next.next_cursor;
    }
    return this.ofStores({ ...first, items }, new Set(stores.map(({ id }) => id)));
  }

  private page(query: Record<string, string | number | undefined> & { from: string; to: string }): Promise<Calendar> {
    return this.client.answered(this.client.api.GET("/v1/calendar", { params: { query } }));
  }

  /** Of the stores chosen, where they are more than one and not all: people who belong there or have work of theirs. */
  private ofStores(calendar: Calendar, stores: ReadonlySet<string>): Calendar {
    if (stores.size <= 1 || stores.size === this.desk.me.stores.length) return calendar;
    const waiting = calendar.unassigned.items.filter((entry) => stores.has(entry.store_id));
    const items = calendar.items.filter(
      (row) => stores.has(row.store_id) || row.bookings.some((entry) => stores.has(entry.store_id)),
    );
    return { ...calendar, items, unassigned: { ...calendar.unassigned, items: waiting, total: waiting.length } };
  }

  /** Orders that changed move their bars at once; a moment later the calendar is read again, for what hangs on them. */
  private follow(orders: ReadonlyMap<string, WorkOrder>): void {
    const before = this.known;
    this.known = orders;
    const changed = [...orders.values()].filter((order) => before.get(order.id) !== order);
    const gone = [...before.keys()].some((id) => !orders.has(id));
    const calendar = this.calendar.peek();
    if (!calendar || (changed.length === 0 && !gone)) return;
    this.calendar.value = changed.reduce((all, order) => withOrder(all, order, (each) => this.shows(each)), calendar);
    this.readSoon();
  }

  private shows(order: WorkOrder): boolean {
    const group = this.groupId.peek();
    return this.stores.peek().some(({ id }) => id === order.store_id) && (!group || order.group_id === group);
  }

  private readSoon(): void {
    clearTimeout(this.again);
    this.again = setTimeout(() => void this.read(), AGAIN_MS);
  }

  private around(calendar: Calendar, nowMs: number): Around {
    return {
      nowMs,
      zone: calendar.timezone,
      orders: this.desk.orders.peek(),
      technicians: this.desk.fleet.technicians,
      stores: new Map(this.stores.peek().map(({ id, name }) => [id, name])),
      isNow: calendar.days.some(({ start, end }) => Date.parse(start) <= nowMs && nowMs < Date.parse(end)),
    };
  }

  /** The same axis stays the same object: a bar that moves draws no other row anew. */
  private keptAxis(axis: Axis): Axis {
    const text = JSON.stringify(axis);
    if (this.axisBefore?.text !== text) this.axisBefore = { axis, text };
    return this.axisBefore.axis;
  }

  /** Rows that say the same as before stay the same objects: the timeline draws none of them again. */
  private kept(rows: readonly Row[]): readonly Row[] {
    const before = this.keptRows;
    this.keptRows = new Map(
      rows.map((row) => {
        const text = JSON.stringify(row);
        const old = before.get(row.id);
        return [row.id, old?.text === text ? old : { row, text }];
      }),
    );
    return rows.map(({ id }) => this.keptRows.get(id)!.row);
  }

  // What a move asks --------------------------------------------------------------------------------------------------

  /** Something was let go: find out what that would mean. */
  ask(held: Held, at: Place): void {
    const order = held.orderId === null ? null : (this.desk.orders.peek().get(held.orderId) ?? null);
    if (held.orderId !== null && !order) void this.fetchThenAsk(held.orderId, held, at);
    else this.put(held, at, order);
  }

  private put(held: Held, at: Place, order: WorkOrder | null): void {
    const deed = order ? deedOf(order, held.from, at) : "none";
    batch(() => {
      this.question.value = { held, at, order, deed };
      this.choice.value = null;
      this.refusal.value = null;
      this.done.value = null;
    });
    clearTimeout(this.asking);
    if (!order || !asksForChoice(deed) || isUnassigned(at.rowId)) return;
    this.asking = setTimeout(() => void this.lookInto(order, held, at), held.by === "fields" ? ASK_AFTER_MS : 0);
  }

  /** An order that the desk does not hold, as one that a colleague has just finished. */
  private async fetchThenAsk(orderId: string, held: Held, at: Place): Promise<void> {
    try {
      this.put(held, at, await this.client.order(orderId));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.put(held, at, null);
      this.refusal.value = error.message;
    }
  }

  private async lookInto(order: WorkOrder, held: Held, at: Place): Promise<void> {
    const asked = this.question.peek();
    try {
      const choice = await askForChoice(this.client, order.id, held.from, at);
      if (this.question.peek() === asked) this.choice.value = choice;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (this.question.peek() === asked) this.refusal.value = error.message;
    }
  }

  dismiss(): void {
    clearTimeout(this.asking);
    batch(() => {
      this.question.value = null;
      this.choice.value = null;
      this.refusal.value = null;
    });
  }

  /** Do what the card's button says; true when it is done. Nothing is shown as done before the service says so. */
  async answer(mode: Mode): Promise<boolean> {
    const question = this.question.peek();
    if (!question?.order || this.sending.peek() !== null || question.deed === "none") return false;
    const { order, deed, at, held } = question;
    batch(() => {
      this.sending.value = deed === "give" || deed === "reallocate" ? mode : "move";
      this.refusal.value = null;
    });
    try {
      const after = await perform(this.client, { deed, order, from: held.from, at, mode });
      batch(() => {
        this.take(after);
        this.done.value = { ...this.toldOf(deed, mode, after), untilMs: this.desk.clock.now() + UNDO_MS };
        this.question.value = null;
      });
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      await this.refused(error, question);
      return false;
    } finally {
      this.sending.value = null;
    }
  }

  private async refused(error: ApiProblem, question: Question): Promise<void> {
    const who = error.body.changed_by?.name;
    this.refusal.value = error.status === 412 && who ? texts.value.board.changedBy(who) : error.message;
    if (error.status !== 412 && error.status !== 409) return;
    const order = await this.client.order(question.order!.id).catch(() => null);
    if (!order) return;
    this.take(order);
    if (this.question.peek() === question)
      this.question.value = { ...question, order, deed: deedOf(order, question.held.from, question.at) };
  }

  private take(order: WorkOrder): void {
    this.desk.take(order);
    this.readSoon();
  }

  private toldOf(deed: Deed, mode: Mode, order: WorkOrder): { text: string; number: string } {
    const words = texts.value.board;
    const zone = this.calendar.peek()?.timezone ?? "UTC";
    const time = timeText({ startMs: Date.parse(order.slot.start), endMs: Date.parse(order.slot.end) }, zone);
    const { number } = order;
    const who = order.assignee?.name ?? order.offer?.technician_name ?? "";
    if (deed === "unassign") return { number, text: words.tookBack(number) };
    if (deed === "wait" || deed === "reschedule") return { number, text: words.moved(number, time) };
    return { number, text: mode === "offer" ? words.asked(who, number, time) : words.gave(who, number, time) };
  }

  /** Take the last act back. */
  async undo(): Promise<void> {
    const done = this.done.peek();
    if (!done) return;
    this.done.value = { ...done, untilMs: this.desk.clock.now() + UNDO_MS };
    try {
      const order = await this.client.answered(this.client.api.POST("/v1/undo"));
      this.take(order);
      this.done.value = null;
      this.desk.announcement.value = texts.value.board.undone(order.number);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.done.value = null;
      this.desk.announcement.value = error.message;
      this.problem.value = error.message;
    }
  }

  /** Milliseconds by the server's clock. */
  nowMs(): number {
    return this.desk.clock.now();
  }

  dayBy(days: number): string {
    return addDays(this.date.peek(), days * (this.span.peek() === "week" ? 7 : 1));
  }

  /** The rows that a move may end in, by id with their names. */
  places(): readonly { id: string; name: string }[] {
    const calendar = this.calendar.peek();
    return calendar
      ? [
          ...unassignedRows(calendar, this.around(calendar, this.desk.now.peek())),
          ...calendar.items.filter(({ active }) => active),
        ]
      : [];
  }
}
