import { describe, expect, it } from "vitest";
import { localDay } from "../src/model/dates";
import { pinOf } from "../src/model/orders";
import { clockTime } from "../src/model/zone";
import {
  datesBetween,
  groupedThen,
  instantText,
  MINUTE_MS,
  parseInstant,
  reachOf,
  sameTimeOn,
  steppedBy,
  wholeMinute,
} from "../src/pages/map/past/model";
import { NOON, order, taken } from "./made";

const LISBON = "Europe/Lisbon";

describe("the instant in the address", () => {
  it("is read back as it was written", () => {
    for (const ms of [NOON, NOON + 7 * MINUTE_MS, Date.parse("2026-10-25T00:30:00Z")]) {
      expect(parseInstant(instantText(ms))).toBe(ms);
    }
    expect(instantText(NOON)).toBe("2026-11-22T12:00:00Z");
    expect(parseInstant("2026-11-22T14:00:00+02:00")).toBe(NOON);
  });

  it.each([null, "", "yesterday", "2026-11-22", "2026-11-22T12:00", "2026-13-40T12:00:00Z", "1764000000"])(
    "is none in %s",
    (text) => expect(parseInstant(text)).toBeNull(),
  );
});

describe("the slider", () => {
  const day = localDay("2026-11-22", LISBON);
  const reach = reachOf(day, NOON + 30_000);

  it("reaches from midnight to now, and on other days to their last minute", () => {
    expect(reach).toEqual({ fromMs: Date.parse("2026-11-22T00:00:00Z"), toMs: NOON });
    expect(clockTime(reachOf(localDay("2026-11-20", LISBON), NOON).toMs, LISBON)).toBe("23:59");
  });

  it.each([
    ["ArrowLeft", false, -1],
    ["ArrowDown", false, -1],
    ["ArrowRight", false, 1],
    ["ArrowUp", false, 1],
    ["ArrowLeft", true, -15],
    ["ArrowRight", true, 15],
    ["PageDown", false, -60],
    ["PageUp", false, 60],
  ] as const)("%s (Shift: %s) goes %i minutes", (key, shift, minutes) => {
    const at = NOON - 120 * MINUTE_MS;
    expect(steppedBy(key, shift, at, reach)).toBe(at + minutes * MINUTE_MS);
  });

  it("stays within the day, goes to its ends, and leaves other keys alone", () => {
    expect(steppedBy("ArrowRight", true, NOON - 3 * MINUTE_MS, reach)).toBe(NOON);
    expect(steppedBy("ArrowLeft", false, reach.fromMs, reach)).toBe(reach.fromMs);
    expect(steppedBy("Home", false, NOON, reach)).toBe(reach.fromMs);
    expect(steppedBy("End", false, reach.fromMs, reach)).toBe(NOON);
    expect(steppedBy("Tab", false, NOON, reach)).toBeNull();
    expect(steppedBy("a", true, NOON, reach)).toBeNull();
  });

  it("walks through each minute of a day on which clocks change", () => {
    for (const [date, hours] of [
      ["2026-03-29", 23],
      ["2026-10-25", 25],
    ] as const) {
      const changed = localDay(date, LISBON);
      const all = reachOf(changed, changed.endMs + 1);
      expect((all.toMs - all.fromMs) / MINUTE_MS).toBe(hours * 60 - 1);
      const times = new Set<string>();
      for (let ms = all.fromMs; ms <= all.toMs; ms += MINUTE_MS) times.add(clockTime(ms, LISBON));
      expect(times.size).toBe(hours * 60);
    }
  });

  it("keeps the time when another day is chosen, as far as that day has it", () => {
    const before = localDay("2026-11-21", LISBON);
    expect(sameTimeOn(NOON, day, before, NOON)).toBe(NOON - 24 * 60 * MINUTE_MS);
    expect(sameTimeOn(before.endMs - MINUTE_MS, before, day, NOON)).toBe(NOON);
    expect(wholeMinute(NOON + 59_999)).toBe(NOON);
  });

  it("offers the days of the store's calendar", () => {
    expect(datesBetween(NOON - 31 * 24 * 60 * MINUTE_MS, NOON, "Pacific/Auckland")).toEqual({
      min: "2026-10-23",
      max: "2026-11-23",
    });
  });
});

describe("the work of then", () => {
  it("is grouped as the lists group it, each by its slot", () => {
    const slot = (start: string, end: string) => ({ start: `2026-11-22T${start}:00Z`, end: `2026-11-22T${end}:00Z` });
    const pins = [
      pinOf(taken(order({ id: "c", number: "L-3" }), "Bea"))!,
      pinOf(order({ id: "b", number: "L-2", slot: slot("15:00", "16:00") }))!,
      pinOf(order({ id: "a", number: "L-1", slot: slot("13:00", "14:00") }))!,
    ];
    expect(groupedThen(pins).map(({ bucket, orders }) => [bucket, orders.map(({ id }) => id)])).toEqual([
      ["needs_you", ["a", "b"]],
      ["taken", ["c"]],
    ]);
    expect(groupedThen([])).toEqual([]);
  });
});
