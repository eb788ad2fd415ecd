/**
 * The board's time axis: one stretch of time for each local day, side by side. Lengths are those of real time, so a day
 * on which clocks change is an hour shorter or longer, and an hour that repeats is there twice.
 */
import { HOUR_MS, type LocalDay, QUARTER_MS } from "../../model/dates";
import { clockTime } from "../../model/zone";
import { language } from "../../texts/language";

export const MINUTE_MS = 60_000;
export const DAY_MINUTES = 1440;

export interface Span {
  startMs: number;
  endMs: number;
}

/** The wall-clock part of each day that is shown, in minutes from local midnight; `to` may be 1440. */
export interface ShownHours {
  from: number;
  to: number;
}

/** A day's part of the axis; `left` and `width` are shares of the whole, 0 to 1. */
export interface Stretch extends LocalDay {
  left: number;
  width: number;
}

export interface Tick {
  ms: number;
  at: number;
  text: string;
}

export interface Axis {
  zone: string;
  stretches: readonly Stretch[];
  ticks: readonly Tick[];
  /** Of the shown time in all stretches. */
  lengthMs: number;
}

const KEPT = 10_000;
const clocks = new Map<string, string>();

/** `clockTime`, remembered: thousands of bars share their quarters of an hour. */
export function clockAt(ms: number, zone: string): string {
  const key = `${ms} ${zone} ${language.value}`;
  let text = clocks.get(key);
  if (text === undefined) {
    if (clocks.size >= KEPT) clocks.clear();
    text = clockTime(ms, zone);
    clocks.set(key, text);
  }
  return text;
}

/** Minutes from local midnight by the wall clock. */
export function minutesOfDay(ms: number, zone: string): number {
  const text = clockAt(ms, zone);
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}

/** The instant of a wall time on a day: the first of two, or the one right after a time that does not exist. */
export function instantOf(day: LocalDay, minutes: number, zone: string): number {
  if (minutes >= DAY_MINUTES) return day.endMs;
  let ms = day.startMs + minutes * MINUTE_MS;
  for (let round = 0; round < 2; round += 1) {
    const off = minutes - minutesOfDay(ms, zone);
    if (off === 0) break;
    ms += (off > DAY_MINUTES / 2 ? off - DAY_MINUTES : off < -DAY_MINUTES / 2 ? off + DAY_MINUTES : off) * MINUTE_MS;
  }
  return Math.min(day.endMs, Math.max(day.startMs, ms));
}

const USUAL: ShownHours = { from: 7 * 60, to: 19 * 60 };
const SHORTEST = 10 * 60;

/**
 * The hours to show of days: 07 to 19 where the working hours of the people lie within them, else those, and whatever
 * `must` be seen; whole hours. People who work around the clock widen nothing.
 */
export function hoursToShow(
  days: readonly LocalDay[],
  working: Iterable<Span>,
  must: Iterable<Span>,
  zone: string,
): ShownHours {
  const shown = { from: DAY_MINUTES, to: 0 };
  const widen = (span: Span, day: LocalDay) => {
    const from = span.startMs <= day.startMs ? 0 : minutesOfDay(span.startMs, zone);
    const to = span.endMs >= day.endMs ? DAY_MINUTES : minutesOfDay(span.endMs, zone);
    shown.from = Math.min(shown.from, from);
    shown.to = Math.max(shown.to, to);
  };
  const touching = (span: Span) => days.filter((day) => span.startMs < day.endMs && span.endMs > day.startMs);
  for (const span of working) {
    for (const day of touching(span)) if (span.startMs > day.startMs || span.endMs < day.endMs) widen(span, day);
  }
  if (shown.to <= shown.from || (shown.from >= USUAL.from && shown.to <= USUAL.to)) Object.assign(shown, USUAL);
  for (const span of must) for (const day of touching(span)) widen(span, day);
  const from = Math.floor(shown.from / 60) * 60;
  const to = Math.min(DAY_MINUTES, Math.ceil(shown.to / 60) * 60);
  const missing = Math.max(0, SHORTEST - (to - from));
  const later = Math.min(missing, DAY_MINUTES - to);
  return { from: Math.max(0, from - (missing - later)), to: to + later };
}

/** The axis of these days; every `tickHours` hours of the wall clock have a tick. */
export function makeAxis(days: readonly LocalDay[], hours: ShownHours, zone: string, tickHours = 1): Axis {
  const parts = days.map((day) => {
    const startMs = instantOf(day, hours.from, zone);
    const endMs = instantOf(day, hours.to, zone);
    return { date: day.date, startMs, endMs: Math.max(endMs, startMs + HOUR_MS) };
  });
  const lengthMs = parts.reduce((sum, part) => sum + part.endMs - part.startMs, 0);
  let left = 0;
  const stretches = parts.map((part) => {
    const width = (part.endMs - part.startMs) / lengthMs;
    const stretch = { ...part, left, width };
    left += width;
    return stretch;
  });
  const axis = { zone, stretches, ticks: [], lengthMs };
  return { ...axis, ticks: stretches.flatMap((stretch) => ticksOf(axis, stretch, tickHours)) };
}

function ticksOf(axis: Axis, stretch: Stretch, tickHours: number): Tick[] {
  const ticks: Tick[] = [];
  // Quarters: zones are off by whole ones, and a clock may change by half an hour.
  for (let ms = stretch.startMs; ms < stretch.endMs; ms += QUARTER_MS) {
    const minutes = minutesOfDay(ms, axis.zone);
    if (minutes % 60 !== 0 || (minutes / 60) % tickHours !== 0) continue;
    // Its words would lie in the next day.
    if (tickHours > 1 && stretch.endMs - ms < 2 * HOUR_MS) continue;
    const [clock = "", again] = clockAt(ms, axis.zone).split(" ");
    ticks.push({ ms, at: shareOf(axis, ms), text: clock.slice(0, 2) + (again ? ` ${again}` : "") });
  }
  return ticks;
}

/** Where an instant lies, 0 to 1; between two days at their border. */
export function shareOf(axis: Axis, ms: number): number {
  let share = 0;
  for (const { startMs, endMs, left, width } of axis.stretches) {
    if (ms <= startMs) break;
    share = left + width * Math.min(1, (ms - startMs) / (endMs - startMs));
    if (ms < endMs) break;
  }
  return share;
}

/** Where a span lies, as shares; null when none of it is shown. */
export function place(axis: Axis, { startMs, endMs }: Span): { left: number; width: number } | null {
  if (!axis.stretches.some((part) => startMs < part.endMs && endMs > part.startMs)) return null;
  const left = shareOf(axis, startMs);
  return { left, width: shareOf(axis, endMs) - left };
}

/** The instant at a share of the axis. */
export function instantAt(axis: Axis, share: number): number {
  const part = axis.stretches.find(({ left, width }) => share < left + width) ?? axis.stretches.at(-1);
  if (!part) return 0;
  const within = Math.min(1, Math.max(0, (share - part.left) / part.width));
  return part.startMs + within * (part.endMs - part.startMs);
}

/** The quarter of an hour at or before an instant. */
export function quarter(ms: number): number {
  return Math.floor(ms / QUARTER_MS) * QUARTER_MS;
}

/** Whether an instant is shown. */
export function isShown(axis: Axis, ms: number): boolean {
  return axis.stretches.some(({ startMs, endMs }) => ms >= startMs && ms < endMs);
}

/** Move a start along the axis: what is not shown between two days is jumped over, and it never leaves the axis. */
export function stepBy(axis: Axis, ms: number, byMs: number): number {
  const first = axis.stretches[0];
  const last = axis.stretches.at(-1);
  if (!first || !last) return ms;
  const moved = ms + byMs;
  if (moved < first.startMs) return Math.min(ms, first.startMs);
  if (moved >= last.endMs) return Math.max(ms, last.endMs - QUARTER_MS);
  if (isShown(axis, moved)) return moved;
  const later = axis.stretches.find(({ startMs }) => startMs > moved);
  const earlier = axis.stretches.filter(({ endMs }) => endMs <= moved).at(-1);
  return byMs > 0 ? (later?.startMs ?? ms) : earlier ? earlier.endMs - QUARTER_MS : ms;
}

/** What lies in one span and in none of the others: closed time, from the open one. */
export function gapsOf(within: Span, open: readonly Span[]): Span[] {
  const gaps: Span[] = [];
  let free = within.startMs;
  for (const { startMs, endMs } of [...open].sort((a, b) => a.startMs - b.startMs)) {
    if (startMs > free && free < within.endMs) gaps.push({ startMs: free, endMs: Math.min(startMs, within.endMs) });
    free = Math.max(free, endMs);
  }
  if (free < within.endMs) gaps.push({ startMs: free, endMs: within.endMs });
  return gaps;
}
