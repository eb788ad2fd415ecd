import { describe, expect, it } from "vitest";
import {
  copiedOnwards,
  hoursIn,
  minutesIn,
  overlaps,
  piecesOf,
  readWeek,
  spansOn,
  withDay,
  withoutSpan,
  withSpan,
  withTime,
} from "../src/pages/settings/form/week";

describe("a working week", () => {
  it("is null where technicians always work", () => {
    expect(readWeek("always")).toBeNull();
    expect(readWeek({ tue: [["09:00", "12:00"]] })).toEqual({ tue: [["09:00", "12:00"]] });
  });

  it.each([
    [["09:00", "18:00"], 540],
    [["22:00", "06:00"], 480],
    [["00:00", "24:00"], 1440],
    [["08:00", "08:00"], 1440],
    [["", "08:00"], null],
  ] as const)("%j lasts %j minutes", (span, minutes) => {
    expect(minutesIn(span)).toBe(minutes);
  });

  it("copies a weekday as far as Friday and the weekend to its end", () => {
    const week = { mon: [["09:00", "17:00"]] as const, sat: [["10:00", "12:00"]] as const };
    expect(hoursIn(copiedOnwards(week, "mon"))).toBe(42);
    expect(spansOn(copiedOnwards(week, "sat"), "sun")).toEqual([["10:00", "12:00"]]);
    expect(spansOn(copiedOnwards(week, "mon"), "sat")).toEqual([["10:00", "12:00"]]);
  });

  it("leaves a day off out", () => {
    const week = { mon: [["09:00", "17:00"]] as const };
    expect(withDay(week, "mon", withoutSpan(spansOn(week, "mon"), 0))).toEqual({});
  });

  it("gains spans after the last one, and their ends are changed", () => {
    expect(withSpan([])).toEqual([["09:00", "18:00"]]);
    expect(withSpan([["09:00", "12:00"]])).toEqual([
      ["09:00", "12:00"],
      ["13:00", "17:00"],
    ]);
    expect(withTime([["09:00", "12:00"]], 0, 1, "12:30")).toEqual([["09:00", "12:30"]]);
  });

  it("tells spans that overlap, also past midnight", () => {
    expect(
      overlaps([
        ["13:00", "17:00"],
        ["09:00", "13:00"],
      ]),
    ).toBe(false);
    expect(
      overlaps([
        ["09:00", "13:30"],
        ["13:00", "17:00"],
      ]),
    ).toBe(true);
    expect(
      overlaps([
        ["20:00", "02:00"],
        ["23:00", "23:30"],
      ]),
    ).toBe(true);
  });

  it("draws a night shift in two pieces", () => {
    expect(piecesOf(["22:00", "06:00"])).toEqual([
      { from: 22 / 24, to: 1, nextDay: false },
      { from: 0, to: 0.25, nextDay: true },
    ]);
    expect(piecesOf(["06:00", "12:00"])).toEqual([{ from: 0.25, to: 0.5, nextDay: false }]);
  });
});
