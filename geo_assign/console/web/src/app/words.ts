/** Times, lengths and names as a technician reads them, in the language of the page. */
import { firstName } from "../model/words";
import { clockTime, localDate } from "../model/zone";
import { texts } from "../texts/app";
import { locale } from "../texts/language";
import type { Look } from "./api/types";
import type { Job, WorkOrder } from "./today/day";

/** `80 m`, `0.8 km`, `12 km`. */
export function distanceText(metres: number): string {
  if (metres < 95) return unit(Math.round(metres / 10) * 10, "meter", 0);
  return unit(metres / 1000, "kilometer", metres < 9_950 ? 1 : 0);
}

/** `4 min`, never `0 min`; `2 h 5 min`. */
export function driveText(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 120) return texts.value.units.minutes(minutes);
  return texts.value.units.hours(Math.floor(minutes / 60), minutes % 60);
}

function unit(value: number, name: "meter" | "kilometer", digits: number): string {
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(locale.value, { style: "unit", unit: name, unitDisplay: "short", ...fraction }).format(
    value,
  );
}

/** `15:30–16:30`, on the store's clocks. */
export function slotTimes(slot: { start: string; end: string }, zone: string): string {
  return `${clockTime(Date.parse(slot.start), zone)}–${clockTime(Date.parse(slot.end), zone)}`;
}

/** `Tue 24 November`. */
export function dateText(ms: number, zone: string): string {
  return new Intl.DateTimeFormat(locale.value, {
    weekday: "short",
    day: "numeric",
    month: "long",
    timeZone: zone,
  }).format(ms);
}

/** `Laptop · no power`, else the title that the service gives. */
export function titleOf({ device, title }: Pick<WorkOrder, "device" | "title">): string {
  const parts = [device.type, device.issue].filter((part): part is string => Boolean(part?.trim()));
  return parts.length > 0 ? parts.join(" · ") : title;
}

/** How the technician is part of it: alone, leading, or along with another. */
export function crewText({ order, leads }: Job): string {
  const { today } = texts.value;
  if (!leads) return today.withName(firstName(order.assignee?.name ?? ""));
  return order.collaborators.length === 0 ? today.alone : today.youLead;
}

/** `Marta C.`: as it stands in a row. */
export function shortName(name: string): string {
  const words = name.trim().split(/\s+/);
  const last = words.length > 1 ? words.at(-1)?.charAt(0) : undefined;
  return last ? `${words[0]} ${last}.` : (words[0] ?? name);
}

/** By the last look of each, which is the time that is shown: the service's order is that of the first. */
export function byLastLook(looks: readonly Look[]): Look[] {
  return [...looks].sort((a, b) => Date.parse(b.last_at) - Date.parse(a.last_at));
}

/** Looks of the local day, the newest of each viewer. */
export function lookedToday(looks: readonly Look[], nowMs: number, zone: string): Look[] {
  const today = localDate(nowMs, zone);
  const newest = new Map<string, Look>();
  for (const look of looks) {
    if (localDate(Date.parse(look.last_at), zone) !== today) continue;
    const known = newest.get(look.viewer.id);
    if (!known || known.last_at < look.last_at) newest.set(look.viewer.id, look);
  }
  return byLastLook([...newest.values()]);
}
