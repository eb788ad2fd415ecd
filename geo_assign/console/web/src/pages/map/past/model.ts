/** The instant that the map shows: in the address, on the slider, by keys. */
import type { Bucket, OrderFeature } from "../../../api/types";
import { localDate } from "../../../model/zone";

export const MINUTE_MS = 60_000;
const QUARTER_MINUTES = 15;

/** What of one local day can be looked at. */
export interface Reach {
  fromMs: number;
  toMs: number;
}

/** `2026-11-22T10:07:00Z`. */
export const instantText = (ms: number): string => new Date(ms).toISOString().replace(/\.000Z$/, "Z");

/** The instant of an address; null where it is none. */
export function parseInstant(text: string | null): number | null {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return null;
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** The whole minute that has begun. */
export const wholeMinute = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS;

export const within = (ms: number, { fromMs, toMs }: Reach): number => Math.min(toMs, Math.max(fromMs, ms));

/** A local day as far as it is over; `day` are its first instant and that of the next day. */
export function reachOf(day: { startMs: number; endMs: number }, nowMs: number): Reach {
  return { fromMs: day.startMs, toMs: Math.max(day.startMs, Math.min(day.endMs - MINUTE_MS, wholeMinute(nowMs))) };
}

const STEPS: Record<string, -1 | 1> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
const PAGES: Record<string, -1 | 1> = { PageDown: -1, PageUp: 1 };

/** Where a key leads: an arrow a minute, with Shift a quarter of an hour, a page an hour; null for other keys. */
export function steppedBy(key: string, shift: boolean, ms: number, reach: Reach): number | null {
  if (key === "Home") return reach.fromMs;
  if (key === "End") return reach.toMs;
  const step = STEPS[key];
  const minutes = step === undefined ? 60 * (PAGES[key] ?? 0) : step * (shift ? QUARTER_MINUTES : 1);
  return minutes === 0 ? null : within(ms + minutes * MINUTE_MS, reach);
}

/** Another day, at the same time after its beginning. */
export function sameTimeOn(
  ms: number,
  from: { startMs: number },
  to: { startMs: number; endMs: number },
  nowMs: number,
): number {
  return within(to.startMs + (ms - from.startMs), reachOf(to, nowMs));
}

/** The dates that can be chosen, of the store's calendar. */
export const datesBetween = (fromMs: number, toMs: number, zone: string): { min: string; max: string } => ({
  min: localDate(fromMs, zone),
  max: localDate(toMs, zone),
});

const GROUPS = ["needs_you", "being_offered", "later", "taken"] as const;
export type PastBucket = (typeof GROUPS)[number];

/** The orders of then in the groups of the lists, each by the slot. */
export function groupedThen(pins: Iterable<OrderFeature>): { bucket: PastBucket; orders: OrderFeature[] }[] {
  const all = [...pins].sort(
    ({ properties: a }, { properties: b }) =>
      a.slot.start.localeCompare(b.slot.start) || a.number.localeCompare(b.number),
  );
  const of = (bucket: Bucket) => all.filter(({ properties }) => properties.bucket === bucket);
  return GROUPS.map((bucket) => ({ bucket, orders: of(bucket) })).filter(({ orders }) => orders.length > 0);
}
