import { describe, expect, it } from "vitest";
import { HOUR_MS, type LocalDay, QUARTER_MS } from "../src/model/dates";
import { clockTime } from "../src/model/zone";
import {
  DAY_MINUTES,
  gapsOf,
  hoursToShow,
  instantAt,
  instantOf,
  MINUTE_MS,
  makeAxis,
  minutesOfDay,
  place,
  quarter,
  type Span,
  shareOf,
  stepBy,
} from "../src/pages/board/axis";

const WHOLE = { from: 0, to: DAY_MINUTES };
const at = (text: string) => Date.parse(text);
const day = (date: string, start: string, end: string): LocalDay => ({ date, startMs: at(start), endMs: at(end) });

const PLAIN = day("2026-11-24", "2026-11-24T00:00:00Z", "2026-11-25T00:00:00Z");
const NEXT = day("2026-11-25", "2026-11-25T00:00:00Z", "2026-11-26T00:00:00Z");

/** Zones whose clocks change in different ways: an hour, half an hour, at midnight, on the other side of the world. */
const CHANGES = [
  { zone: "Europe/Lisbon", hours: 23, day: day("2026-03-29", "2026-03-29T00:00:00Z", "2026-03-29T23:00:00Z") },
  { zone: "Europe/Lisbon", hours: 25, day: day("2026-10-25", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00Z") },
  { zone: "America/New_York", hours: 23, day: day("2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T04:00:00Z") },
  { zone: "America/New_York", hours: 25, day: day("2026-11-01", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z") },
  { zone: "Australia/Lord_Howe", hours: 23.5, day: day("2026-10-04", "2026-10-03T13:30:00Z", "2026-10-04T13:00:00Z") },
  { zone: "Australia/Lord_Howe", hours: 24.5, day: day("2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:30:00Z") },
  { zone: "Africa/Cairo", hours: 23, day: day("2026-04-24", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z") },
  { zone: "Asia/Kathmandu", hours: 24, day: day("2026-11-24", "2026-11-23T18:15:00Z", "2026-11-24T18:15:00Z") },
];

describe("a day on which clocks change", () => {
  it.each(CHANGES)("in $zone has $hours hours, each as long as the others", ({ zone, hours, day }) => {
    const axis = makeAxis([day], WHOLE, zone);
    expect(axis.lengthMs).toBe(hours * HOUR_MS);
    for (let ms = day.startMs; ms < day.endMs; ms += QUARTER_MS) {
      expect(instantAt(axis, shareOf(axis, ms))).toBeCloseTo(ms, -2);
      expect(place(axis, { startMs: ms, endMs: ms + QUARTER_MS })?.width).toBeCloseTo(QUARTER_MS / axis.lengthMs, 9);
    }
  });

  it.each(CHANGES)("in $zone finds each wall time that exists, the first of two", ({ zone, day }) => {
    const first = new Map<number, number>();
    for (let ms = day.startMs; ms < day.endMs; ms += QUARTER_MS) {
      const minutes = minutesOfDay(ms, zone);
      if (!first.has(minutes)) first.set(minutes, ms);
    }
    for (const [minutes, ms] of first) expect(clockTime(instantOf(day, minutes, zone), zone)).toBe(clockTime(ms, zone));
  });

  it("names the hour that is there twice", () => {
    const autumn = makeAxis([CHANGES[1]!.day], WHOLE, "Europe/Lisbon");
    expect(autumn.ticks.map(({ text }) => text).slice(0, 4)).toEqual(["00", "01", "01 (2nd)", "02"]);
    const spring = makeAxis([CHANGES[0]!.day], WHOLE, "Europe/Lisbon");
    expect(spring.ticks.map(({ text }) => text).slice(0, 4)).toEqual(["00", "02", "03", "04"]);
  });

  it("begins and ends the shown hours by the wall clock", () => {
    for (const { zone, day: changing } of CHANGES) {
      const [stretch] = makeAxis([changing], { from: 7 * 60, to: 19 * 60 }, zone).stretches;
      expect(clockTime(stretch!.startMs, zone)).toBe("07:00");
      expect(clockTime(stretch!.endMs, zone)).toBe("19:00");
    }
  });
});

describe("the hours to show", () => {
  const span = (from: string, to: string): Span => ({
    startMs: at(`2026-11-24T${from}:00Z`),
    endMs: at(`2026-11-24T${to}:00Z`),
  });
  const always: Span = { startMs: PLAIN.startMs, endMs: PLAIN.endMs };
  it.each([
    { of: "none", working: [], must: [], shown: [7, 19] },
    { of: "people who work always", working: [always], must: [], shown: [7, 19] },
    { of: "a usual day", working: [span("08:30", "18:00")], must: [], shown: [7, 19] },
    {
      of: "an early and a late one",
      working: [span("06:00", "14:00"), span("13:00", "21:30")],
      must: [],
      shown: [6, 22],
    },
    { of: "a short one", working: [span("09:00", "12:00")], must: [], shown: [7, 19] },
    { of: "a short evening", working: [span("20:00", "23:30")], must: [], shown: [14, 24] },
    {
      of: "a night",
      working: [{ startMs: at("2026-11-24T21:00:00Z"), endMs: PLAIN.endMs }],
      must: [],
      shown: [14, 24],
    },
    { of: "a booking outside", working: [span("08:00", "18:00")], must: [span("19:15", "20:15")], shown: [7, 21] },
    {
      of: "another day's booking",
      working: [span("08:00", "18:00")],
      must: [{ startMs: NEXT.startMs, endMs: NEXT.endMs }],
      shown: [7, 19],
    },
  ])("of $of", ({ working, must, shown }) => {
    const hours = hoursToShow([PLAIN], working, must, "UTC");
    expect([hours.from / 60, hours.to / 60]).toEqual(shown);
  });
});

describe("several days", () => {
  const axis = makeAxis([PLAIN, NEXT], { from: 8 * 60, to: 18 * 60 }, "UTC");
  it("lie side by side, without the nights", () => {
    expect(axis.stretches.map(({ left, width }) => [left, width])).toEqual([
      [0, 0.5],
      [0.5, 0.5],
    ]);
    expect(shareOf(axis, at("2026-11-24T23:00:00Z"))).toBe(0.5);
    expect(place(axis, { startMs: at("2026-11-24T19:00:00Z"), endMs: at("2026-11-25T07:00:00Z") })).toBeNull();
    expect(place(axis, { startMs: at("2026-11-24T17:00:00Z"), endMs: at("2026-11-25T09:00:00Z") })).toEqual({
      left: 0.45,
      width: expect.closeTo(0.1, 9),
    });
  });

  it.each([
    ["2026-11-24T17:45:00Z", QUARTER_MS, "2026-11-25T08:00:00Z"],
    ["2026-11-25T08:00:00Z", -QUARTER_MS, "2026-11-24T17:45:00Z"],
    ["2026-11-24T08:00:00Z", -HOUR_MS, "2026-11-24T08:00:00Z"],
    ["2026-11-25T17:45:00Z", HOUR_MS, "2026-11-25T17:45:00Z"],
    ["2026-11-24T12:00:00Z", HOUR_MS, "2026-11-24T13:00:00Z"],
    ["2026-11-24T17:30:00Z", HOUR_MS, "2026-11-25T08:00:00Z"],
  ])("from %s by %i ms a step comes to %s", (from, by, to) => {
    expect(new Date(stepBy(axis, at(from), by)).toISOString()).toBe(new Date(to).toISOString());
  });
});

it("closed time is what no open span covers", () => {
  const within = { startMs: 0, endMs: 100 };
  const span = (startMs: number, endMs: number) => ({ startMs, endMs });
  expect(gapsOf(within, [])).toEqual([within]);
  expect(gapsOf(within, [span(-5, 120)])).toEqual([]);
  expect(gapsOf(within, [span(60, 80), span(10, 30), span(20, 40)])).toEqual([
    span(0, 10),
    span(40, 60),
    span(80, 100),
  ]);
  expect(gapsOf(within, [span(100, 200)])).toEqual([within]);
});

it("a quarter is the one before", () => {
  expect(quarter(at("2026-11-24T12:14:59Z"))).toBe(at("2026-11-24T12:00:00Z"));
  expect(quarter(at("2026-11-24T12:15:00Z"))).toBe(at("2026-11-24T12:15:00Z"));
  expect(quarter(at("2026-11-24T12:15:00Z") - MINUTE_MS)).toBe(at("2026-11-24T12:00:00Z"));
});
