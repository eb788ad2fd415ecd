/** Wall times in a store's zone, in the language of the page. The viewer's own zone never takes part. */
import { language, locale } from "../texts/language";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = locale.value + zone + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat(locale.value, { ...options, timeZone: zone });
    formats.set(key, found);
  }
  return found;
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const HOUR_MS = 3_600_000;
const SECOND_PASS = { en: "2nd", de: "2.", pt: "2.ª" };

/** `15:30`; the second pass through a repeated hour reads `01:30 (2nd)`. */
export function clockTime(ms: number, zone: string): string {
  const text = format(zone, CLOCK).format(ms);
  const repeated = format(zone, CLOCK).format(ms - HOUR_MS) === text;
  return repeated ? `${text} (${SECOND_PASS[language.value]})` : text;
}

/** `WET`, or `GMT+2` where the zone has no letters. */
export function zoneName(ms: number, zone: string): string {
  const parts = format(zone, { timeZoneName: "short" }).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

const offsetOf = (ms: number, zone: string): string =>
  format(zone, { timeZoneName: "longOffset" })
    .formatToParts(ms)
    .find(({ type }) => type === "timeZoneName")?.value ?? zone;

/** The city whose clock a time is by, where the viewer's clock shows another time; else empty. */
export function zoneCity(
  ms: number,
  zone: string,
  viewerZone = Intl.DateTimeFormat().resolvedOptions().timeZone,
): string {
  if (offsetOf(ms, zone) === offsetOf(ms, viewerZone)) return "";
  return (zone.split("/").at(-1) ?? zone).replaceAll("_", " ");
}

/** The local date as `2026-11-22`: comparable, and the same for the whole local day. */
export function localDate(ms: number, zone: string): string {
  const parts = format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(ms);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

function daysBetween(ms: number, nowMs: number, zone: string): number {
  return Math.round((Date.parse(localDate(ms, zone)) - Date.parse(localDate(nowMs, zone))) / (24 * HOUR_MS));
}

function nearDay(days: number): string {
  const text = new Intl.RelativeTimeFormat(locale.value, { numeric: "auto" }).format(days, "day");
  return text.charAt(0).toLocaleUpperCase(locale.value) + text.slice(1);
}

/** `Today`, `Tomorrow`, `Wed` within the week, else `25 Nov`. */
export function dayName(ms: number, nowMs: number, zone: string): string {
  const days = daysBetween(ms, nowMs, zone);
  if (days === 0 || days === 1) return nearDay(days);
  if (days > 1 && days < 7) return format(zone, { weekday: "short" }).format(ms);
  return format(zone, { day: "numeric", month: "short" }).format(ms);
}

/** `15:30` today, `Wed 15:30` on another day. */
export function moment(ms: number, nowMs: number, zone: string): string {
  const time = clockTime(ms, zone);
  return daysBetween(ms, nowMs, zone) === 0 ? time : `${dayName(ms, nowMs, zone)} ${time}`;
}

/** `Today 15:30–16:30`. */
export function slotText(slot: { start: string; end: string }, nowMs: number, zone: string): string {
  const start = Date.parse(slot.start);
  return `${dayName(start, nowMs, zone)} ${clockTime(start, zone)}–${clockTime(Date.parse(slot.end), zone)}`;
}
