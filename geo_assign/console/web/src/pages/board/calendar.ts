/** From the service's calendar to the rows of the timeline, in the reader's words. */
import type { Calendar, CalendarEntry, CalendarRow, TechnicianFeature, WorkOrder } from "../../api/types";
import { ageSeconds } from "../../model/clock";
import type { LocalDay } from "../../model/dates";
import type { Orders } from "../../model/orders";
import { waitingFor } from "../../model/pending";
import { duration } from "../../model/words";
import { type Glyph, glyphOf, PLANNED, person, type Shape } from "../../symbols/drawings";
import { texts } from "../../texts/console";
import { locale } from "../../texts/language";
import { clockAt, gapsOf, MINUTE_MS, type Span } from "./axis";
import { UNASSIGNED } from "./moving";
import type { Bar, Note, Row, Shade } from "./rows";

const LIVE_S = 60;
const STALE_S = 300;
const HOUR_MS = 60 * MINUTE_MS;

/** What is known beside the calendar. */
export interface Around {
  nowMs: number;
  zone: string;
  orders: Orders;
  technicians: ReadonlyMap<string, TechnicianFeature>;
  /** The stores shown, by id with their names. */
  stores: ReadonlyMap<string, string>;
  /** Whether now lies in the days that are shown. */
  isNow: boolean;
}

export const spanOf = ({ start, end }: { start: string; end: string }): Span => ({
  startMs: Date.parse(start),
  endMs: Date.parse(end),
});

export const daysOf = (calendar: Calendar): LocalDay[] =>
  calendar.days.map((day) => ({ date: day.date, ...spanOf(day) }));

/** Everything that must be seen, whatever the hours: bookings, and work that waits. */
export function mustShow(calendar: Calendar): Span[] {
  return [...calendar.items.flatMap(({ bookings }) => bookings), ...calendar.unassigned.items].map(({ slot }) =>
    spanOf(slot),
  );
}

export const workingHours = (calendar: Calendar): Span[] => calendar.items.flatMap(({ hours }) => hours.map(spanOf));

/** All rows, those without a technician first: one, or one for each store where several are shown. */
export function rowsOf(calendar: Calendar, around: Around): Row[] {
  const days = daysOf(calendar);
  return [...unassignedRows(calendar, around), ...calendar.items.map((row) => technicianRow(row, days, around))];
}

export function unassignedRows(calendar: Calendar, around: Around): Row[] {
  const { items, total, truncated } = calendar.unassigned;
  const stores = [...around.stores].filter(([id]) => items.some((entry) => entry.store_id === id));
  if (stores.length < 2)
    return [unassignedRow(UNASSIGNED, texts.value.board.unassigned, items, around, truncated ? total : null)];
  return stores.map(([id, name]) => {
    const here = items.filter((entry) => entry.store_id === id);
    return unassignedRow(`${UNASSIGNED}-${id}`, texts.value.board.unassignedAt(name), here, around, null);
  });
}

function unassignedRow(
  id: string,
  name: string,
  items: readonly CalendarEntry[],
  around: Around,
  total: number | null,
): Row {
  const words = texts.value.board;
  const needYou = items.filter((entry) => around.orders.get(entry.work_order_id)?.bucket === "needs_you").length;
  const notes: Note[] = [{ text: words.waitingHere(items.length, needYou), tone: "plain" }];
  if (total !== null) notes.push({ text: words.moreWaiting(items.length, total), tone: "old" });
  const bars = items.map((entry) => barOf(entry, id, name, around));
  return { id, name, shapes: null, notes, label: labelOf(name, notes), bars, shades: [] };
}

export function technicianRow(row: CalendarRow, days: readonly LocalDay[], around: Around): Row {
  const notes = notesOf(row, around);
  return {
    id: row.id,
    name: row.name,
    shapes: shapesOf(row, around),
    notes,
    label: labelOf(row.name, notes),
    bars: row.bookings.map((entry) => barOf(entry, row.id, row.name, around)),
    shades: shadesOf(row, days, around),
  };
}

/** Whether a row tells of something that changes with every second. */
export const hasClock = (row: CalendarRow): boolean => row.bookings.some((entry) => entry.offer_expires_at !== null);

const labelOf = (name: string, notes: readonly Note[]) => [name, ...notes.map(({ text }) => text)].join(", ");

function shapesOf(row: CalendarRow, { technicians, nowMs, isNow }: Around): readonly Shape[] {
  const outline = row.provider ? "diamond" : "round";
  const here = technicians.get(row.id);
  if (here) return person(here.properties.status, outline);
  return isNow && row.active && startsLater(row, nowMs) !== null ? PLANNED : person("silent", outline);
}

const startsLater = (row: CalendarRow, nowMs: number): number | null => {
  const starts = row.hours.map(({ start }) => Date.parse(start)).filter((start) => start > nowMs);
  return starts.length > 0 ? Math.min(...starts) : null;
};

function notesOf(row: CalendarRow, around: Around): Note[] {
  const words = texts.value.board;
  const notes: Note[] = [];
  if (row.provider) notes.push({ text: row.provider.name, tone: "plain" });
  if (!row.active) notes.push({ text: words.notActive, tone: "old" });
  else if (around.isNow) notes.push(presenceOf(row, around));
  const worked = row.bookings.reduce((sum, { slot }) => sum + Date.parse(slot.end) - Date.parse(slot.start), 0);
  const hours = hoursFormat().format(worked / HOUR_MS);
  notes.push({ text: words.jobs(row.bookings.length, hours), tone: "plain" });
  return notes;
}

let format: { code: string; hours: Intl.NumberFormat } | null = null;

/** Making one costs more than a row. */
function hoursFormat(): Intl.NumberFormat {
  const code = locale.value;
  if (format?.code !== code) format = { code, hours: new Intl.NumberFormat(code, { maximumFractionDigits: 1 }) };
  return format.hours;
}

function presenceOf(row: CalendarRow, { technicians, nowMs, zone }: Around): Note {
  const words = texts.value.board;
  const here = technicians.get(row.id)?.properties;
  if (!here) {
    const start = row.on_duty ? null : startsLater(row, nowMs);
    if (start !== null) return { text: words.starts(clockAt(start, zone)), tone: "plain" };
    return row.on_duty ? { text: words.silent, tone: "old" } : { text: words.offDuty, tone: "plain" };
  }
  const age = ageSeconds(here.recorded_at, nowMs);
  if (here.status === "silent") {
    return { text: age === null ? words.silent : words.silentFor(duration(age)), tone: "old" };
  }
  if (age === null) return { text: words.ageUnknown, tone: "old" };
  if (age <= LIVE_S) return { text: `${words.live} ${duration(Math.floor(age / 5) * 5)}`, tone: "live" };
  return { text: words.old(duration(age)), tone: age > STALE_S ? "old" : "plain" };
}

function shadesOf(row: CalendarRow, days: readonly LocalDay[], { nowMs, zone }: Around): Shade[] {
  const words = texts.value.board;
  const open = row.hours.map(spanOf);
  const off = days
    .flatMap((day) => gapsOf(day, open))
    .map((gap): Shade => {
      const holdsNow = gap.startMs <= nowMs && nowMs < gap.endMs && gap.endMs < (days.at(-1)?.endMs ?? 0);
      return { ...gap, kind: "off", text: holdsNow && !row.on_duty ? words.offUntil(clockAt(gap.endMs, zone)) : "" };
    });
  const away = row.time_off.map((span): Shade => ({ ...spanOf(span), kind: "away", text: words.timeOff }));
  const busy = row.busy.map((span): Shade => ({ ...spanOf(span), kind: "busy", text: words.busyElsewhere }));
  return [...off, ...away, ...busy];
}

function barOf(entry: CalendarEntry, rowId: string, who: string, around: Around): Bar {
  const words = texts.value.board;
  const { zone } = around;
  const span = spanOf(entry.slot);
  const order = around.orders.get(entry.work_order_id);
  const fill = entry.colour.fill;
  const time = timeText(span, zone);
  const way = entry.occupied_from === null ? span.startMs : Date.parse(entry.occupied_from);
  const wayMinutes = Math.round((span.startMs - way) / MINUTE_MS);
  const along = entry.role === "collaborator";
  const detail = detailOf(entry, order, time, around);
  const state = [
    words.states[entry.state],
    along ? words.along : "",
    fill === "hollow" || fill === "dashed" ? detail : "",
  ];
  return {
    ...span,
    key: `${entry.work_order_id} ${rowId}`,
    orderId: entry.work_order_id,
    rowId,
    kind: entry.kind,
    fill,
    glyph: glyphFor(entry, order),
    title: entry.title,
    detail,
    label: words.bar({
      number: entry.number,
      title: [entry.title, entry.customer.name].filter(Boolean).join(", "),
      kind: words[entry.kind],
      // The clock of an offer stays out: what is read aloud must not change with every second.
      state: [...new Set(state.filter((part, index) => part && !(index === 2 && fill === "dashed")))].join(", "),
      time,
      who: fill === "hollow" ? words.notAssigned : who,
    }),
    travelFromMs: wayMinutes > 0 ? way : null,
    travelText: wayMinutes > 0 ? words.minutes(wayMinutes) : "",
    fixed: fixedBy(entry, along),
  };
}

/** Why a bar stays where it is; null where it may be moved. */
function fixedBy(entry: CalendarEntry, along: boolean): Bar["fixed"] {
  if (entry.colour.fill === "faded") return "done";
  if (entry.colour.fill === "solid") return "under_way";
  return along ? "along" : null;
}

export const timeText = ({ startMs, endMs }: Span, zone: string) => `${clockAt(startMs, zone)}–${clockAt(endMs, zone)}`;

function detailOf(entry: CalendarEntry, order: WorkOrder | undefined, time: string, { nowMs, zone }: Around): string {
  const words = texts.value.board;
  switch (entry.colour.fill) {
    case "hollow":
      return order ? waitingFor(order, nowMs, zone) : entry.has_location ? words.states[entry.state] : words.noAddress;
    case "dashed":
      return entry.offer_expires_at === null ? words.offered : words.left(leftText(entry.offer_expires_at, nowMs));
    case "solid":
      return words.states[entry.state];
    default:
      return time;
  }
}

/** `7:35`, rounded up, so that `0:00` means over. */
export function leftText(expiresAt: string, nowMs: number): string {
  const seconds = Math.max(0, Math.ceil((Date.parse(expiresAt) - nowMs) / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function glyphFor(entry: CalendarEntry, order: WorkOrder | undefined): Glyph {
  switch (entry.colour.fill) {
    case "faded":
      return "check";
    case "dashed":
      return "clock";
    case "solid":
      return entry.state === "travelling" ? "go" : "work";
    case "soft":
      return "dot";
    default:
      if (order) return glyphOf(order);
      return entry.has_location ? "alert" : "ask";
  }
}
