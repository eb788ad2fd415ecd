import { describe, expect, it } from "vitest";
import { aroundFeatures, drawn, orderFilter, sourceDiffs, technicianFilter } from "../src/map/features";
import { pinOf } from "../src/model/orders";
import { framePoints, sceneOf, withLive } from "../src/state/scene";
import { glyphOf, mapImages } from "../src/symbols/drawings";
import { at, candidate, NOON, order, taken, technician } from "./made";

describe("features for the map", () => {
  it("know north from no heading", () => {
    const heading = (changes: object) => drawn(technician("ana", changes)).properties!.heading;
    expect(heading({ heading_deg: 0, speed_mps: 5 })).toBe(0);
    expect(heading({ heading_deg: null, speed_mps: 5 })).toBe(-1);
    expect(heading({ heading_deg: 90, speed_mps: 0.4 })).toBe(-1);
    expect(heading({ heading_deg: 90, speed_mps: 5, status: "silent" })).toBe(-1);
  });

  it("take an unknown age for the oldest", () => {
    expect(drawn(technician("ana", { recorded_at: null })).properties!.at).toBe(0);
  });

  it("name only images that are drawn", () => {
    const images = mapImages();
    for (const status of ["free", "offered", "busy", "silent"] as const) {
      for (const provider of [true, false]) {
        expect(images.has(drawn(technician("x", { status, provider })).properties!.image)).toBe(true);
      }
    }
    for (const each of [
      order(),
      taken(order(), "Bea"),
      order({ kind: "ticket", bucket: "being_offered", state: "offered" }),
    ]) {
      expect(images.has(drawn(pinOf(each)!).properties!.image)).toBe(true);
    }
  });

  it("split a change by source", () => {
    const diffs = sourceDiffs({ all: false, set: [technician("ana"), pinOf(order())!], gone: ["rui"], people: 1 });
    expect(diffs.technicians.add!.map(({ id }) => id)).toEqual(["ana"]);
    expect(diffs.orders.add!.map(({ id }) => id)).toEqual(["order-1"]);
    expect(diffs.technicians.remove).toEqual(["rui"]);
  });

  it("hide what the legend hides and what a marker shows", () => {
    const text = JSON.stringify(technicianFilter(new Set(["busy", "provider"]), ["ana"], null));
    expect(text).toContain('["busy","provider"]');
    expect(text).toContain('["ana"]');
    expect(JSON.stringify(orderFilter(new Set(["lead"]), "order-1"))).toContain('"order-1"');
  });
});

describe("signs of an order", () => {
  it("tell what it waits for or how far it is", () => {
    expect(glyphOf(order())).toBe("alert");
    expect(glyphOf(order({ pending_reason: "needs_location" }))).toBe("ask");
    expect(glyphOf(order({ bucket: "being_offered" }))).toBe("clock");
    expect(glyphOf(order({ bucket: "later", pending_reason: null }))).toBe("dot");
    expect(glyphOf(taken(order(), "Bea"))).toBe("dot");
    expect(glyphOf(taken(order(), "Bea", { state: "travelling" }))).toBe("go");
  });
});

describe("the scene of an open order", () => {
  const ana = technician("ana", { heading_deg: 0, speed_mps: 9, recorded_at: at(-2) }, -30.01, 41.01);
  const planned = candidate("joana", {
    rank: 2,
    position: { ...candidate("x").position, provenance: "previous_appointment" },
  });
  const scene = (changes: Partial<Parameters<typeof sceneOf>[0]> = {}) =>
    sceneOf({
      order: order(),
      candidates: [candidate("ana"), planned],
      excluded: [],
      chosen: candidate("ana"),
      technician: null,
      technicians: new Map([["ana", ana]]),
      hidden: new Set(),
      track: [],
      nowMs: NOON,
      ...changes,
    });

  it("puts a live candidate where the stream saw it last, a planned one at the planned place", () => {
    const [first, second] = scene().ranked;
    expect(first).toMatchObject({
      at: { lat: 41.01, lon: -30.01 },
      heading_deg: 0,
      fade: 2,
      planned: false,
      note: "4 min",
    });
    expect(second).toMatchObject({ at: { lat: 41.01, lon: -30 }, planned: true, fade: 1 });
    expect(withLive(planned, ana)).toBe(planned);
  });

  it("draws rings, ways and the chosen one's accuracy", () => {
    const { around, accuracy } = scene();
    expect(accuracy).toEqual({ at: { lat: 41.01, lon: -30.01 }, radius_m: 8 });
    const roles = aroundFeatures(around, accuracy).features.map((feature) => feature.properties!.role);
    expect(roles.filter((role) => role === "ring")).toHaveLength(3);
    expect(roles.filter((role) => role === "way")).toHaveLength(2);
    expect(roles).toContain("accuracy");
  });

  it("holds the nearest of those who cannot go in view where no technician can", () => {
    const bea = technician("bea", {}, -30.02, 41.02);
    const excluded = ["far", "ana", "bea", "off"].map((id, index) => ({
      ...candidate(id),
      technician_id: id,
      provider: null,
      presence: "on_duty" as const,
      last_seen_at: null,
      distance_m: id === "off" ? null : 5_000 - index,
      reasons: [],
    }));
    const technicians = new Map([
      ["ana", ana],
      ["bea", bea],
    ]);
    const none = scene({ candidates: [], chosen: null, excluded, technicians });
    expect(framePoints(none).slice(1)).toEqual([
      { lon: -30.02, lat: 41.02 },
      { lon: -30.01, lat: 41.01 },
    ]);
    expect(scene({ excluded, technicians }).near).toEqual([]);
    expect(scene({ order: taken(order(), "Bea"), excluded, technicians }).near).toEqual([]);
  });

  it("asks nothing of the map for an order that is assigned or has no place", () => {
    expect(scene({ order: taken(order(), "Bea") }).ranked).toEqual([]);
    expect(scene({ order: order({ location: null }) })).toMatchObject({ order: null, around: null, ranked: [] });
    expect(framePoints(scene({ order: null }))).toEqual([]);
  });
});
