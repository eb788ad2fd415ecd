/** Free slots as days: which are told, which are full, and which lie nearest to one that was lost. */
import type { Slot } from "./service";

/** A day on the store's clocks, with what is free on it; without slots it is full, or the store is closed. */
export interface Day {
  /** `2026-05-21`. */
  date: string;
  slots: Slot[];
}

/** The date of an instant on a zone's clocks. */
export function dateIn(zone: string, at: Date): string {
  const parts = new Intl.DateTimeFormat("en-CA", { timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit" });
  return parts.format(at);
}

/** The date some days later; dates have no zone. */
export function laterDate(date: string, days: number): string {
  const at = new Date(`${date}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

/**
 * The days from `first` on. `isAll`: the answer has every slot up to `last`; else it was cut, and only days up to the
 * one of the last slot are known, that one in part.
 */
export function daysOf(slots: readonly Slot[], zone: string, first: string, last: string, isAll: boolean): Day[] {
  const byDate = new Map<string, Slot[]>();
  for (const slot of slots) {
    const date = dateIn(zone, new Date(slot.start));
    byDate.set(date, [...(byDate.get(date) ?? []), slot]);
  }
  const end = isAll ? last : ([...byDate.keys()].at(-1) ?? last);
  const days: Day[] = [];
  for (let date = first; date <= end; date = laterDate(date, 1)) days.push({ date, slots: byDate.get(date) ?? [] });
  return days;
}

/** The slots that begin nearest to a lost one, in their own order. */
export function nearestTo(lost: Slot, slots: readonly Slot[], count: number): Slot[] {
  const away = (slot: Slot): number => Math.abs(Date.parse(slot.start) - Date.parse(lost.start));
  const near = [...slots].sort((one, other) => away(one) - away(other)).slice(0, count);
  return near.sort((one, other) => Date.parse(one.start) - Date.parse(other.start));
}
