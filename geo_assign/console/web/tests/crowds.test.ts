import { describe, expect, it } from "vitest";
import type { MapCluster } from "../src/api/types";
import { arcsOf, clusterSize } from "../src/map/clusters";
import { bySeen, Fleet, type LegendKey } from "../src/model/fleet";
import { type Box, isWithin, metresBetween, movedBy } from "../src/model/geometry";
import { at, technician } from "./made";

const cluster = (free: number, offered: number, busy: number, silent: number): MapCluster => ({
  lat: 41,
  lon: -8,
  cell: [-9, 40, -8, 41],
  technicians: { free, offered, busy, silent, provider: 0 },
});

describe("a cluster", () => {
  it.each([
    [cluster(1, 0, 0, 0), []],
    [cluster(3, 2, 4, 1), []],
    [cluster(900, 30, 60, 10), ["busy"]],
    [cluster(0, 5, 0, 5), ["free", "lead"]],
  ] as [MapCluster, LegendKey[]][])("is a whole ring of whom the legend leaves on (%#)", (each, hidden) => {
    const { arcs, count } = arcsOf(each, new Set(hidden));
    const shown = (["free", "offered", "busy", "silent"] as const).filter((status) => !hidden.includes(status));
    expect(count).toBe(shown.reduce((sum, status) => sum + each.technicians[status], 0));
    expect(arcs.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    arcs.reduce((end, { from, share }) => {
      expect(from).toBeCloseTo(end);
      return from + share;
    }, 0);
  });

  it("is not there when the legend hides everyone in it, and stays of a size that fits", () => {
    expect(arcsOf(cluster(3, 0, 0, 0), new Set<LegendKey>(["free"]))).toEqual({ arcs: [], count: 0 });
    const sizes = [1, 10, 500, 10_000, 10_000_000].map(clusterSize);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(24);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(58);
  });
});

describe("what is in view", () => {
  it.each([
    [[-9, 40, -8, 42], -8.5, 41, true],
    [[-9, 40, -8, 42], -7.9, 41, false],
    [[-9, 40, -8, 42], -8.5, 42.1, false],
    [[170, -20, -170, 0], 179, -10, true],
    [[170, -20, -170, 0], -175, -10, true],
    [[170, -20, -170, 0], 0, -10, false],
  ] as [Box, number, number, boolean][])("knows a box, across the antimeridian too (%#)", (box, lon, lat, inside) => {
    expect(isWithin(box, lon, lat)).toBe(inside);
  });

  it("is counted", () => {
    const fleet = new Fleet();
    fleet.replace([technician("a", {}, -8.5, 41), technician("b", {}, -8.4, 41), technician("c", {}, 2, 41)]);
    expect(fleet.countWhere((lon, lat) => isWithin([-9, 40, -8, 42], lon, lat))).toBe(2);
  });
});

describe("people", () => {
  it("come in the order in which they were heard from last, unknown ones at the end", () => {
    const people = [
      technician("b", { name: "Bea", recorded_at: at(-3) }),
      technician("z", { name: "Base", recorded_at: null }),
      technician("a", { name: "Ana", recorded_at: at(-1) }),
      technician("c", { name: "Alba", recorded_at: null }),
    ];
    expect(bySeen(people).map(({ properties }) => properties.name)).toEqual(["Ana", "Bea", "Alba", "Base"]);
  });
});

describe("a pin moved by keys", () => {
  it.each([
    [{ lat: 41, lon: -8 }, 25, 0],
    [{ lat: -63, lon: 170 }, 0, -25],
    [{ lat: 0, lon: 0 }, -2, 2],
  ])("moves by metres wherever it is (%#)", (from, east, north) => {
    expect(metresBetween(from, movedBy(from, east, north))).toBeCloseTo(Math.hypot(east, north), 0);
  });

  it("stays on the earth", () => {
    expect(movedBy({ lat: 90, lon: 10 }, 0, 25).lat).toBe(90);
  });
});
