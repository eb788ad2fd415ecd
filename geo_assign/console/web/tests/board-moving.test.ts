import { describe, expect, it } from "vitest";
import { HOUR_MS, QUARTER_MS } from "../src/model/dates";
import { makeAxis } from "../src/pages/board/axis";
import {
  type Held,
  IDLE,
  type Move,
  newPlace,
  placedAt,
  pointed,
  press,
  released,
  rested,
  strokeOf,
  struck,
  takeUp,
} from "../src/pages/board/moving";
import { stack } from "../src/pages/board/stacking";

const at = (clock: string) => Date.parse(`2026-11-24T${clock}:00Z`);
const from = { rowId: "ana", startMs: at("10:00"), endMs: at("11:00") };
const bar: Held = { orderId: "L-1", grip: "move", by: "pointer", from };
const grabbed = (held: Held, clock: string, touch = false) => press({ held, x: 100, y: 100, touch, ms: at(clock) });
const to = (move: Move, clock: string, rowId: string | null, x = 200, y = 100) =>
  pointed(move, { x, y, rowId, ms: at(clock) });
const placeOf = (move: Move) => (move.step === "moving" || move.step === "asking" ? move.at : null);

describe("a pointer", () => {
  it("that hardly moves is a click", () => {
    const move = to(grabbed(bar, "10:30"), "10:31", "ana", 102, 101);
    expect(move.step).toBe("pressed");
    expect(released(move)).toEqual({ move: IDLE, clicked: bar });
  });

  it.each([
    ["10:30", "12:30", "bea", "12:00", "13:00", "bea"],
    ["10:30", "12:41", "bea", "12:15", "13:15", "bea"],
    ["10:00", "09:08", "ana", "09:15", "10:15", "ana"],
    ["10:59", "10:59", "bea", "10:00", "11:00", "bea"],
    ["10:30", "12:30", null, "12:00", "13:00", "ana"],
  ])(
    "grabs at %s, goes to %s: the bar follows in quarters, by where it was grabbed",
    (grip, there, row, start, end, rowId) => {
      const move = to(grabbed(bar, grip), there, row);
      expect(placeOf(move)).toEqual({ rowId, startMs: at(start), endMs: at(end) });
      expect(released(move).move.step).toBe("asking");
    },
  );

  it.each([
    ["12:07", "12:00"],
    ["12:08", "12:15"],
    ["09:00", "10:15"],
  ])("at the end of a bar changes its length: %s makes it end at %s, never before a quarter", (there, end) => {
    const move = to(grabbed({ ...bar, grip: "end" }, "11:00"), there, "bea");
    expect(placeOf(move)).toEqual({ ...from, endMs: at(end) });
  });

  it("that comes back to where it began changes nothing", () => {
    const move = to(to(grabbed(bar, "10:30"), "13:00", "bea"), "10:30", "ana");
    expect(released(move)).toEqual({ move: IDLE, clicked: null });
  });

  it.each([
    ["12:40", "12:00", "12:45"],
    ["11:10", "11:00", "12:15"],
    ["12:05", "12:00", "12:15"],
  ])("on an empty place marks time for something new: to %s is %s to %s", (there, start, end) => {
    const held: Held = { orderId: null, grip: "new", by: "pointer", from: newPlace("ana", at("12:10")) };
    const move = to(grabbed(held, "12:10"), there, "bea");
    expect(placeOf(move)).toEqual({ rowId: "ana", startMs: at(start), endMs: at(end) });
    expect(released(grabbed(held, "12:10")).clicked).toEqual(held);
    expect(held.from).toEqual({ rowId: "ana", startMs: at("12:00"), endMs: at("13:00") });
  });
});

describe("a finger", () => {
  it("that moves at once scrolls", () => {
    expect(to(grabbed(bar, "10:30", true), "11:00", "ana", 112)).toBe(IDLE);
  });
  it("that rests drags, and one that strays a little still rests", () => {
    const still = to(grabbed(bar, "10:30", true), "10:32", "ana", 105, 103);
    expect(still.step).toBe("pressed");
    const dragging = rested(still);
    expect(placeOf(dragging)).toEqual(from);
    expect(placeOf(to(dragging, "11:30", "bea"))).toEqual({ rowId: "bea", startMs: at("11:00"), endMs: at("12:00") });
  });
  it("that has gone does not drag afterwards", () => {
    expect(rested(IDLE)).toBe(IDLE);
  });
});

describe("the keys", () => {
  const day = { date: "2026-11-24", startMs: at("00:00"), endMs: at("00:00") + 24 * HOUR_MS };
  const axis = makeAxis([day], { from: 420, to: 1140 }, "UTC");
  const rows = ["unassigned", "ana", "bea"];
  const type = (move: Move, ...keys: string[]) =>
    keys.reduce((before, key) => {
      const stroke = strokeOf(key.replace("Shift+", ""), key.startsWith("Shift+"));
      return stroke ? struck(before, stroke, axis, rows) : before;
    }, move);
  const taken = takeUp({ ...bar, by: "keys" });

  it.each([
    [["ArrowRight"], "ana", "10:15", "11:15"],
    [["ArrowLeft", "ArrowLeft"], "ana", "09:30", "10:30"],
    [["Shift+ArrowRight", "ArrowDown"], "bea", "11:00", "12:00"],
    [["ArrowUp", "ArrowUp"], "unassigned", "10:00", "11:00"],
    [["ArrowDown", "ArrowDown", "ArrowDown"], "bea", "10:00", "11:00"],
    [["+", "+", "-"], "ana", "10:00", "11:15"],
    [["-", "-", "-", "-", "-", "-"], "ana", "10:00", "10:15"],
    [["Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft", "Shift+ArrowLeft"], "ana", "07:00", "08:00"],
    [["x", "Tab"], "ana", "10:00", "11:00"],
  ])("%j", (keys, rowId, start, end) => {
    expect(placeOf(type(taken, ...keys))).toEqual({ rowId, startMs: at(start), endMs: at(end) });
  });

  it("drop it where it is, to be asked about", () => {
    const asked = type(taken, "ArrowRight", "Enter");
    expect(asked.step).toBe("asking");
    expect(placeOf(placedAt(asked, from))).toEqual(from);
    expect(type(asked, "ArrowRight")).toBe(asked);
  });

  it("the card's fields begin with the question", () => {
    expect(takeUp({ ...bar, by: "fields" }).step).toBe("asking");
  });
});

describe("bars that overlap", () => {
  const made = (...spans: [number, number][]) =>
    spans.map(([startMs, endMs], key) => ({ key: String(key), startMs, endMs }));
  const lanes = (spans: [number, number][], shortest = 0) => {
    const { bars, lanes: count } = stack(made(...spans), shortest);
    return [count, ...bars.sort((a, b) => Number(a.bar.key) - Number(b.bar.key)).map(({ lane }) => lane)];
  };
  it.each([
    { spans: [], expected: [1] },
    {
      spans: [
        [0, 10],
        [10, 20],
      ],
      expected: [1, 0, 0],
    },
    {
      spans: [
        [0, 10],
        [5, 15],
        [10, 20],
      ],
      expected: [2, 0, 1, 0],
    },
    {
      spans: [
        [0, 4],
        [0, 9],
        [0, 6],
      ],
      expected: [3, 2, 0, 1],
    },
    {
      spans: [
        [5, 6],
        [0, 20],
        [6, 8],
        [7, 9],
      ],
      expected: [3, 1, 0, 1, 2],
    },
  ] as { spans: [number, number][]; expected: number[] }[])("$spans lie in $expected", ({ spans, expected }) => {
    expect(lanes(spans)).toEqual(expected);
  });

  it("never share a lane where they overlap, however many", () => {
    const spans = Array.from({ length: 400 }, (_, n): [number, number] => [
      (n * 7919) % 1000,
      ((n * 7919) % 1000) + 1 + ((n * 104729) % 90),
    ]);
    const { bars, lanes: count } = stack(made(...spans));
    for (let lane = 0; lane < count; lane += 1) {
      const inLane = bars
        .filter((each) => each.lane === lane)
        .map(({ bar: each }) => each)
        .sort((a, b) => a.startMs - b.startMs);
      inLane.slice(1).forEach((each, index) => expect(each.startMs).toBeGreaterThanOrEqual(inLane[index]!.endMs));
    }
  });

  it("know since when their lane is free before them", () => {
    const { bars } = stack(made([0, 10], [5, 15], [12, 20], [30, 40]));
    expect(bars.map(({ bar, freeFromMs }) => [bar.startMs, freeFromMs])).toEqual([
      [0, null],
      [5, null],
      [12, 10],
      [30, 20],
    ]);
  });

  it("keep room for the words of a short one", () => {
    expect(
      lanes(
        [
          [0, 1],
          [2, 3],
        ],
        5,
      ),
    ).toEqual([2, 0, 1]);
    expect(
      lanes(
        [
          [0, 1],
          [QUARTER_MS, QUARTER_MS + 1],
        ],
        5,
      ),
    ).toEqual([1, 0, 0]);
  });
});
