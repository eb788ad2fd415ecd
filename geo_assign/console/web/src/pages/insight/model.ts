/** What the figures of a period say, without a browser: periods, sums, findings, and the lines of a CSV. */
import type { components } from "../../api/document.gen";
import type { OrderKind } from "../../api/types";
import { localDate } from "../../model/zone";

export type Insight = components["schemas"]["InsightAnswer"];
export type Cell = string | number;

export interface Period {
  /** Local dates, both included. */
  from: string;
  to: string;
}

export const PRESETS = [1, 7, 30] as const;
const DAY_MS = 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** The last `days` days, today included. */
export function lastDays(days: number, nowMs: number, zone: string): Period {
  const to = localDate(nowMs, zone);
  const from = new Date(Date.parse(to) - (days - 1) * DAY_MS).toISOString().slice(0, 10);
  return { from, to };
}

/** The period of an address; the last seven days where it names none that goes forward. */
export function periodOf(from: string | null, to: string | null, nowMs: number, zone: string): Period {
  if (from && to && DATE.test(from) && DATE.test(to) && from <= to) return { from, to };
  return lastDays(7, nowMs, zone);
}

/** How many of the last days a period is; null for another period. */
export function presetOf(period: Period, nowMs: number, zone: string): number | null {
  const same = (days: number) => lastDays(days, nowMs, zone).from === period.from;
  return period.to === localDate(nowMs, zone) ? (PRESETS.find(same) ?? null) : null;
}

/** Every date of a period, at most a year of them. */
export function daysOf({ from, to }: Period): string[] {
  const count = Math.min(366, Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS) + 1);
  return Array.from({ length: count }, (_, index) =>
    new Date(Date.parse(from) + index * DAY_MS).toISOString().slice(0, 10),
  );
}

/** Offers that came to an end by the technician or by their clock, and the share that was accepted; null for none. */
export function answered({ acceptance }: Insight): { ended: number; share: number | null } {
  const ended = acceptance.accepted + acceptance.rejected + acceptance.expired;
  return { ended, share: ended === 0 ? null : acceptance.accepted / ended };
}

/** Offers accepted by the minute, from the first to the last that is counted. */
export function minutesOf({ accepted_after }: Insight, minutes = 10): number[] {
  const counts = new Map(accepted_after.map(({ minute, offers }) => [minute, offers]));
  return Array.from({ length: minutes }, (_, index) => counts.get(index + 1) ?? 0);
}

/** The mean of the days' medians, weighted by their orders; null when no technician got any. */
export function usualWait({ assigned_after }: Insight, kind: OrderKind): number | null {
  const days = assigned_after.filter((day) => day.kind === kind);
  const orders = days.reduce((sum, day) => sum + day.orders, 0);
  return orders === 0 ? null : days.reduce((sum, day) => sum + day.median_s * day.orders, 0) / orders;
}

export interface Bar {
  name: string;
  lead: number;
  ticket: number;
  /** Written beside it in place of the sum. */
  text?: string;
}

/** What is pending by reason, most first, leads and tickets side by side. */
export function waitingBars({ waiting }: Insight, nameOf: (reason: string) => string): Bar[] {
  const bars = new Map<string, Bar>();
  for (const { reason, kind, orders } of waiting) {
    const bar = bars.get(reason) ?? { name: nameOf(reason), lead: 0, ticket: 0 };
    bar[kind] += orders;
    bars.set(reason, bar);
  }
  return [...bars.values()].sort((a, b) => b.lead + b.ticket - (a.lead + a.ticket));
}

export interface HourCell {
  weekday: number;
  hour: number;
  orders: number;
  unserved: number;
  /** How many technicians were on duty, and free; null where that is not known. */
  onDuty: number | null;
  free: number | null;
}

/** A row for each weekday from Monday on, with a cell for each hour from the first to the last in which there is any. */
export function coverageGrid({ demand, duty }: Insight): { hours: number[]; rows: HourCell[][] } {
  const key = (one: { weekday: number; hour: number }) => `${one.weekday} ${one.hour}`;
  const asked = new Map(demand.map((one) => [key(one), one]));
  const staffed = new Map(duty.map((one) => [key(one), one]));
  const used = [...demand, ...duty.filter(({ on_duty }) => on_duty > 0)].map(({ hour }) => hour);
  if (used.length === 0) return { hours: [], rows: [] };
  const first = Math.min(...used);
  const hours = Array.from({ length: Math.max(...used) - first + 1 }, (_, index) => first + index);
  const cell = (weekday: number, hour: number): HourCell => {
    const one = { weekday, hour };
    const { orders = 0, unserved = 0 } = asked.get(key(one)) ?? {};
    const known = staffed.get(key(one));
    return { ...one, orders, unserved, onDuty: known?.on_duty ?? null, free: known?.free ?? null };
  };
  return { hours, rows: [1, 2, 3, 4, 5, 6, 7].map((day) => hours.map((hour) => cell(day, hour))) };
}

/** The hour of the week with the most orders that no technician had; null when every order had one. */
export function shortest(cells: readonly HourCell[]): HourCell | null {
  const short = cells.filter(({ unserved }) => unserved > 0).sort((a, b) => b.unserved - a.unserved);
  return short[0] ?? null;
}

/** The hour with work orders in which the fewest technicians were free, of those the one with the most orders. */
export function tightest(cells: readonly HourCell[]): HourCell | null {
  const free = (one: HourCell) => one.free ?? Number.POSITIVE_INFINITY;
  const known = cells.filter((one) => one.orders > 0 && one.free !== null);
  return known.sort((a, b) => free(a) - free(b) || b.orders - a.orders)[0] ?? null;
}

/** How much more the busiest technician carries than the middle one: 2 is twice as much; null for fewer than two. */
export function unevenness({ load }: Insight): number | null {
  const middle = load[Math.floor(load.length / 2)]?.seconds ?? 0;
  const most = load[0]?.seconds ?? 0;
  return load.length < 2 || middle === 0 ? null : most / middle;
}

/** The share of orders whose place is a house or a pin; null for no orders. */
export function exactShare({ places }: Insight): number | null {
  const all = places.reduce((sum, { orders }) => sum + orders, 0);
  const exact = places
    .filter(({ confidence, source }) => source !== null && (confidence === null || confidence === "rooftop"))
    .reduce((sum, { orders }) => sum + orders, 0);
  return all === 0 ? null : exact / all;
}

/**
 * How far off drives were, as estimated and as told: the hours' medians, weighted by their drives; null for none.
 * A drive is measured for each provider that estimates it: told is the one with most drives, a router before the line.
 */
export function driveError(insight: Insight): { drives: number; estimated_s: number; told_s: number } | null {
  const number = (provider: string) =>
    insight.drives.reduce((sum, hour) => sum + (hour.provider === provider ? hour.drives : 0), 0);
  const providers = [...new Set(insight.drives.map((hour) => hour.provider))];
  const isLine = (provider: string) => Number(provider === "straight_line");
  const [most] = providers.sort((one, other) => number(other) - number(one) || isLine(one) - isLine(other));
  if (most === undefined || number(most) === 0) return null;
  const all = number(most);
  const drives = insight.drives.filter((hour) => hour.provider === most);
  const mean = (of: (hour: Insight["drives"][number]) => number) =>
    drives.reduce((sum, hour) => sum + of(hour) * hour.drives, 0) / all;
  return { drives: all, estimated_s: mean((hour) => hour.estimated_off_s), told_s: mean((hour) => hour.told_off_s) };
}

export interface PlaceRow {
  source: string | null;
  confidence: string | null;
  orders: number;
  learned: boolean;
}

/** Where places come from, those of learned pins in rows of their own. */
export function learnedApart({ places }: Insight): PlaceRow[] {
  return places
    .flatMap(({ learned, orders, ...how }) => [
      { ...how, orders: orders - learned, learned: false },
      { ...how, orders: learned, learned: true },
    ])
    .filter(({ orders }) => orders > 0)
    .sort((a, b) => b.orders - a.orders);
}

/** Cells as a CSV. What a spreadsheet would take for a formula is text there. */
export function csvOf(rows: readonly (readonly Cell[])[]): string {
  return rows.map((row) => row.map(csvCell).join(",")).join("\r\n");
}

function csvCell(cell: Cell): string {
  if (typeof cell === "number") return String(cell);
  const text = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** An hour of the day as a clock shows it. */
export const hourText = (hour: number): string => `${String(hour).padStart(2, "0")}:00`;

export const MEASURES = ["farther_s", "farther_m"] as const;
export type Measure = (typeof MEASURES)[number];
type Farther = Insight["chosen"][number][Measure];

/** Automation and hand together, by each measure. */
export function allChosen({ chosen }: Insight): Record<Measure, Farther> {
  return { farther_s: together(chosen, "farther_s"), farther_m: together(chosen, "farther_m") };
}

function together(chosen: Insight["chosen"], of: Measure): Farther {
  const parts = chosen.map((one) => one[of]);
  const farther = parts.map(({ bands }) => sumOf(bands));
  const all = sumOf(farther);
  const extra = sumOf(parts.map(({ mean }, index) => (mean ?? 0) * (farther[index] ?? 0)));
  return {
    nearest: sumOf(parts.map(({ nearest }) => nearest)),
    bands: [0, 1, 2].map((band) => sumOf(parts.map(({ bands }) => bands[band] ?? 0))),
    mean: all === 0 ? null : extra / all,
  };
}

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);

/** The share of orders to which the nearest went; null where there are none. */
export function nearestShare(chosen: Record<Measure, Farther>, of: Measure): number | null {
  const { nearest, bands } = chosen[of];
  const all = nearest + sumOf(bands);
  return all === 0 ? null : nearest / all;
}

/** The stores, those first whose work waits longest for a technician, and last those where none had one. */
export function slowestStores({ by_store }: Insight): Insight["by_store"] {
  return [...by_store].sort((a, b) => (b.median_assign_s ?? -1) - (a.median_assign_s ?? -1) || b.orders - a.orders);
}
