import { describe, expect, it } from "vitest";
import { sidesOf, widthOf } from "../src/map/labels";

const mark = (x: number, y: number, name = "Ana 4 min") => ({ x, y, width: widthOf(name) });

describe("the names beside the ranked technicians", () => {
  it.each([
    ["alone", [mark(100, 100)], null, ["right"]],
    ["another to the right", [mark(100, 100), mark(130, 100)], null, ["left", "right"]],
    ["another far to the right", [mark(100, 100), mark(400, 100)], null, ["right", "right"]],
    ["one above the other", [mark(100, 100), mark(100, 130)], null, ["right", "right"]],
    [
      "two names that would lie on each other",
      [mark(100, 100), mark(190, 106), mark(220, 106, "")],
      null,
      ["right", "none", "none"],
    ],
    ["between two", [mark(100, 100), mark(130, 100, ""), mark(70, 100, "")], null, ["none", "none", "none"]],
    ["beside the order's pin", [mark(100, 100)], { x: 140, y: 110 }, ["left"]],
    ["below the order's pin", [mark(100, 100)], { x: 140, y: 60 }, ["right"]],
  ] as const)("%s", (_, marks, pin, sides) => {
    expect(sidesOf(marks, pin)).toEqual(sides);
  });

  it("never lie on a mark or on each other, wherever they are", () => {
    let seed = 7;
    const random = () => {
      seed = (seed * 16807) % 2147483647;
      return seed / 2147483647;
    };
    for (let round = 0; round < 300; round++) {
      const marks = Array.from({ length: 6 }, () =>
        mark(random() * 240, random() * 120, random() < 0.2 ? "" : "Rui 7 min"),
      );
      const boxes = sidesOf(marks, null).flatMap((side, place) => {
        const { x, y, width } = marks[place]!;
        return side === "none" ? [] : [{ place, from: side === "right" ? x + 15 : x - 15 - width, width, y }];
      });
      for (const one of boxes) {
        for (const [place, { x, y }] of marks.entries())
          expect(
            place !== one.place && Math.abs(y - one.y) < 20 && x + 12 > one.from && x - 12 < one.from + one.width,
          ).toBe(false);
        for (const other of boxes)
          expect(
            other.place !== one.place &&
              Math.abs(other.y - one.y) < 16 &&
              other.from < one.from + one.width &&
              one.from < other.from + other.width,
          ).toBe(false);
      }
    }
  });
});
