/** Wall times in a store's zone. The viewer's own zone never takes part. */

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = zone + JSON.stringify(options);
  let found = formats.get(key);
  if (!found) {
    found = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: zone });
    formats.set(key, found);
  }
  return found;
}

const CLOCK: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const HOUR_MS = 3_600_000;

/** `15:30`; the second pass through a repeated hour reads `01:30 (2nd)`. */
export function clockTime(ms: number, zone: string): string {
  const text = format(zone, CLOCK).format(ms);
  const repeated = format(zone, CLOCK).format(ms - HOUR_MS) === text;
  return repeated ? `${text} (2nd)` : text;
}

/** `WET`, or `GMT+2` where the zone has no letters. */
export function zoneName(ms: number, zone: string): string {
  const parts = format(zone, { timeZoneName: "short" }).formatToParts(ms);
  return parts.find((part) => part.type === "timeZoneName")?.value ?? zone;
}

/** The local date as `2026-11-22`: comparable, and the same for the whole local day. */
export function localDate(ms: number, zone: string): string {
  const parts = format(zone, { year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(ms);
  const part = (type: string) => parts.find((each) => each.type === type)?.value ?? "";
  return `${part("year")}-${part("month")}-${part("day")}`;
}

/** `Today`, `Tomorrow`, `Wed` within the week, else `25 Nov`. */
export function dayName(ms: number, nowMs: number, zone: string): string {
  const days = Math.round((Date.parse(localDate(ms, zone)) - Date.parse(localDate(nowMs, zone))) / (24 * HOUR_MS));
  if (days === 0) return "Today";
  if (days === 1) return "Tomorrow";
  if (days > 1 && days < 7) return format(zone, { weekday: "short" }).format(ms);
  return format(zone, { day: "numeric", month: "short" }).format(ms);
}

/** `15:30` today, `Wed 15:30` on another day. */
export function moment(ms: number, nowMs: number, zone: string): string {
  const day = dayName(ms, nowMs, zone);
  const time = clockTime(ms, zone);
  return day === "Today" ? time : `${day} ${time}`;
}

/** `Today 15:30–16:30`. */
export function slotText(slot: { start: string; end: string }, nowMs: number, zone: string): string {
  const start = Date.parse(slot.start);
  return `${dayName(start, nowMs, zone)} ${clockTime(start, zone)}–${clockTime(Date.parse(slot.end), zone)}`;
}
