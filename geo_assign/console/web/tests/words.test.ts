import { describe, expect, it } from "vitest";
import { refusal } from "../src/model/answers";
import { find, fold } from "../src/model/find";
import { boundsOf, metresBetween, pointAt, ring, ringRadii, scaleBar } from "../src/model/geometry";
import { distance, duration, firstName, initials, travelTime } from "../src/model/words";
import { at, NOON, order, technician } from "./made";

describe("numbers in words", () => {
  it("stay short", () => {
    expect([5, 5.941, 59, 60, 3599, 3600, 90_000].map(duration)).toEqual([
      "5 s",
      "5 s",
      "59 s",
      "1 min",
      "59 min",
      "1 h",
      "1 d",
    ]);
    expect([84, 96, 812, 9_949, 9_960, 270_000].map(distance)).toEqual([
      "80 m",
      "0.1 km",
      "0.8 km",
      "9.9 km",
      "10 km",
      "270 km",
    ]);
    expect([5, 240, 7_500].map(travelTime)).toEqual(["1 min", "4 min", "2 h 5 min"]);
  });

  it("take names as they come", () => {
    expect(firstName("Ana Ferreira")).toBe("Ana");
    expect([initials("Marta Castro"), initials("Ana"), initials("  "), initials("Ana Maria de Sá")]).toEqual([
      "MC",
      "A",
      "",
      "AS",
    ]);
  });
});

describe("a refused assignment", () => {
  const by = { changed_by: { kind: "user" as const, id: "m", name: "Marta Castro" }, changed_at: at(-0.05) };

  it("says who was faster, with what, and when", () => {
    expect(refusal(412, { ...by, state: "assigned", assignee: { id: "b", name: "Bea Nunes" } }, NOON)).toBe(
      "Marta Castro gave it to Bea Nunes 3 s ago.",
    );
    expect(refusal(412, { ...by, state: "offered" }, NOON)).toBe("Marta Castro offered it 3 s ago.");
    expect(refusal(412, {}, NOON)).toBe("Another user changed it meanwhile.");
  });

  it("repeats what the service says about a conflict or a lost order", () => {
    expect(refusal(409, { title: "Slot taken", detail: "Ana is booked until 16:10." }, NOON)).toBe(
      "Ana is booked until 16:10.",
    );
    expect(refusal(410, { title: "The work order was cancelled." }, NOON)).toBe("The work order was cancelled.");
  });

  it("never leaves open whether something changed", () => {
    expect(refusal(0, {}, NOON)).toContain("nothing was changed");
    expect(refusal(500, {}, NOON)).toContain("nothing was changed");
    expect(refusal(503, {}, NOON)).toContain("try again");
  });
});

describe("finding", () => {
  const people = [technician("1", { name: "Tomás Reis" }), technician("2", { name: "Ana Tomé", provider: true })];

  it("ignores accents and case, and prefers what begins with the words", () => {
    expect(fold("Tomás")).toBe("tomas");
    expect(find("tom", people, []).map(({ title }) => title)).toEqual(["Tomás Reis", "Ana Tomé"]);
  });

  it("finds orders by number, title, customer and address", () => {
    for (const words of ["l-1", "power", "helena", "quay"]) expect(find(words, [], [order()])).toHaveLength(1);
    expect(find("  ", people, [order()])).toEqual([]);
  });
});

describe("geometry", () => {
  const here = { lat: 41, lon: -30 };

  it("goes out and measures back the same", () => {
    for (const bearing of [0, 90, 225]) expect(metresBetween(here, pointAt(here, 1500, bearing))).toBeCloseTo(1500, 3);
  });

  it("closes its rings", () => {
    const corners = ring(here, 1000, 8);
    expect(corners).toHaveLength(9);
    expect(corners[8]).toEqual(corners[0]);
  });

  it("draws three rings that reach about to the farthest", () => {
    expect(ringRadii(2_900)).toEqual([1000, 2000, 3000]);
    expect(ringRadii(40)).toEqual([250, 500, 750]);
  });

  it("bars a round distance that fits", () => {
    expect(scaleBar(9.5, 60)).toEqual({ text: "500 m", width_px: 53 });
    expect(scaleBar(100, 90).text).toBe("5 km");
  });

  it("bounds points, and nothing without points", () => {
    expect(boundsOf([here, { lat: 42, lon: -31 }])).toEqual([-31, 41, -30, 42]);
    expect(boundsOf([])).toBeNull();
  });
});
