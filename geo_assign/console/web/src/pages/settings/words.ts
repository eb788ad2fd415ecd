/** Numbers and times in the language of the reader. */
import { language, locale } from "../../texts/language";

export function count(number: number, digits = 0): string {
  return new Intl.NumberFormat(locale.value, { maximumFractionDigits: digits }).format(number);
}

const STEPS: readonly [seconds: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, "second"],
  [3_600, "minute"],
  [86_400, "hour"],
  [30 * 86_400, "day"],
  [365 * 86_400, "month"],
  [Number.POSITIVE_INFINITY, "year"],
];

/** `2 minutes ago`, `in 3 days`. */
export function ago(instant: string, nowMs = Date.now()): string {
  const seconds = (Date.parse(instant) - nowMs) / 1000;
  let size = 1;
  for (const [limit, unit] of STEPS) {
    if (Math.abs(seconds) < limit)
      return new Intl.RelativeTimeFormat(language.value, { numeric: "auto" }).format(Math.round(seconds / size), unit);
    size = limit;
  }
  return instant;
}

/** `30 Nov 2026, 14:05` by the clock of a zone. */
export function when(instant: string, zone?: string): string {
  return new Date(instant).toLocaleString(locale.value, { dateStyle: "medium", timeStyle: "short", timeZone: zone });
}

/** `3.2 km`, `850 m`. */
export function distance(metres: number): string {
  return metres < 1000 ? `${count(metres)} m` : `${count(metres / 1000, 1)} km`;
}

export function percent(share: number): string {
  return new Intl.NumberFormat(locale.value, { style: "percent", maximumFractionDigits: 0 }).format(share);
}
