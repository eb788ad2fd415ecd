/** Dates of the calendar, as `2026-11-24`: arithmetic without clocks, and how they are read. */

import { locale } from "../texts/language";
import { localDate } from "./zone";

export const HOUR_MS = 3_600_000;
export const QUARTER_MS = 900_000;

/** A local day: `date` as `2026-10-25`, until the next local midnight. */
export interface LocalDay {
  date: string;
  startMs: number;
  endMs: number;
}

const DAY_MS = 24 * HOUR_MS;
const FORM = /^\d{4}-\d{2}-\d{2}$/;

const utc = (date: string) => Date.parse(`${date}T00:00:00Z`);
const text = (ms: number) => new Date(ms).toISOString().slice(0, 10);

export function isDate(date: string): boolean {
  const ms = FORM.test(date) ? utc(date) : Number.NaN;
  return !Number.isNaN(ms) && text(ms) === date;
}

export const addDays = (date: string, days: number): string => text(utc(date) + days * DAY_MS);

/** The first and last day of the week that a date lies in, Monday first. */
export function weekOf(date: string): [string, string] {
  const monday = addDays(date, -((new Date(utc(date)).getUTCDay() + 6) % 7));
  return [monday, addDays(monday, 6)];
}

/** A local day of a zone, found from its date alone: until the next local midnight. */
export function localDay(date: string, zone: string): LocalDay {
  return { date, startMs: firstInstant(date, zone), endMs: firstInstant(addDays(date, 1), zone) };
}

function firstInstant(date: string, zone: string): number {
  // No zone is farther than 14 hours from UTC; clocks differ by whole quarters.
  let [before, after] = [utc(date) - 15 * HOUR_MS, utc(date) + 15 * HOUR_MS];
  while (after - before > QUARTER_MS) {
    const middle = before + Math.round((after - before) / 2 / QUARTER_MS) * QUARTER_MS;
    if (localDate(middle, zone) < date) before = middle;
    else after = middle;
  }
  return after;
}

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat(locale.value, { ...options, timeZone: "UTC" });

/** `Tue 24 November`. */
export const dayTitle = (date: string): string =>
  format({ weekday: "short", day: "numeric", month: "long" }).format(utc(date));

/** `Tue 24`. */
export const dayShort = (date: string): string => format({ weekday: "short", day: "numeric" }).format(utc(date));

/** `23–29 November`. */
export const weekTitle = (first: string, last: string): string =>
  format({ day: "numeric", month: "long", year: "numeric" }).formatRange(utc(first), utc(last));
