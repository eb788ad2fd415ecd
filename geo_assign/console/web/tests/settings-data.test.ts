import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sectionsOf } from "../src/pages/settings/sections";
import { bodyOf, GEOCODING_PROVIDERS, shareUsed } from "../src/pages/settings/stores/mapKeys";
import { byDay, changedAsCsv, comparisons, nearerCount, type Preview } from "../src/pages/settings/stores/preview";
import { chosenSettings, DEFAULTS, SETTINGS_FIELDS } from "../src/pages/settings/stores/settingsFields";
import { EVENTS, SCOPES } from "../src/pages/settings/things/access";
import { matching } from "../src/pages/settings/things/matching";
import { doneCount, type Facts, findStep, isOpen, metresBetween, nextStep } from "../src/pages/welcome/steps";

interface Described {
  properties: Record<string, { default?: unknown }>;
  enum: string[];
}
const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const { schemas } = (
  JSON.parse(read("../api-types/openapi.json")) as { components: { schemas: Record<string, Described> } }
).components;

describe("the settings of a store", () => {
  it("are all in a form, with the defaults of the API's document", () => {
    const { properties } = schemas.StoreSettings as Described;
    expect(SETTINGS_FIELDS.map((field) => field.name).sort()).toEqual(Object.keys(properties).sort());
    const described = Object.fromEntries(Object.entries(properties).map(([name, one]) => [name, one.default ?? null]));
    expect(DEFAULTS).toEqual(described);
  });

  it("are sent without what follows its default", () => {
    expect(chosenSettings({ ...DEFAULTS, radius_m: 7000, phone: null })).toEqual({ radius_m: 7000 });
    expect(chosenSettings({ lead_acceptance: false, widening_radii_m: [5000, 15_000] })).toEqual({
      lead_acceptance: false,
    });
  });
});

describe("what the API names", () => {
  it("can be chosen", () => {
    expect([...EVENTS].sort()).toEqual([...(schemas.EventName as Described).enum].sort());
    expect([...SCOPES].sort()).toEqual([...(schemas.ApiScope as Described).enum].sort());
    const documented = [...read("../../../../docs/geocoding.md").matchAll(/^\| `(\w+)` \| (needed|none) \|/gm)];
    expect(GEOCODING_PROVIDERS.map((one) => [one.name, one.needsKey])).toEqual(
      documented.map(([, name, key]) => [name, key === "needed"]),
    );
  });

  it("of a map key is sent as its provider needs it", () => {
    expect(bodyOf({ provider: "google", key: " k ", url: "https://left.example", daily_budget: 5 })).toEqual({
      provider: "google",
      key: "k",
      url: null,
      daily_budget: 5,
    });
    expect(bodyOf({ provider: "gazetteer", key: "k", url: "town.csv", daily_budget: null })).toEqual({
      provider: "gazetteer",
      key: null,
      url: "town.csv",
      daily_budget: null,
    });
    expect([shareUsed(5, null), shareUsed(5, 10), shareUsed(50, 10)]).toEqual([0, 0.5, 1]);
  });

  it("is shown to whom it is for", () => {
    expect(sectionsOf("dispatcher")).toEqual([]);
    expect(sectionsOf("store_administrator").map((one) => one.name)).not.toContain("keys");
    expect(sectionsOf("administrator").map((one) => one.name)).toContain("privacy");
  });

  it("is found by all its words", () => {
    const things = [
      { name: "Ana Silva", detail: "screen" },
      { name: "Bo", detail: "glass" },
    ].map((one, id) => ({ ...one, id: String(id), active: true, value: {}, version: 1 }));
    expect(matching(things, "SCREEN ana").map((one) => one.name)).toEqual(["Ana Silva"]);
    expect(matching(things, "")).toHaveLength(2);
  });
});

const choice = (name: string, distance_m: number) => ({ technician_id: name, name, distance_m });
const PREVIEW = {
  since: "2026-11-23T10:00:00Z",
  changed: [
    {
      decision_id: "d1",
      work_order_id: "w1",
      at: "2026-11-24T10:00:00Z",
      old: choice("=cmd", 900),
      new: choice('A "B", C', 300),
    },
    { decision_id: "d2", work_order_id: "w2", at: "2026-11-24T23:30:00Z", old: null, new: choice("Bo", 300) },
  ],
  old: { found: 4, mean_m: 900, median_m: 800, acceptance: null },
  new: { found: 5, mean_m: 905, median_m: 500, acceptance: 0.5 },
} as unknown as Preview;

describe("the preview", () => {
  it("says what became better or worse, where both sides have a number", () => {
    expect(comparisons(PREVIEW).map((one) => [one.name, one.verdict])).toEqual([
      ["found", "better"],
      ["median", "better"],
      ["mean", "same"],
    ]);
    expect(nearerCount(PREVIEW.changed)).toBe(1);
  });

  it("counts by local day, days without any as well", () => {
    const days = byDay(PREVIEW, 2, (ms) => new Date(ms + 3_600_000).toISOString().slice(0, 10));
    expect(days).toEqual([
      { date: "2026-11-23", count: 0 },
      { date: "2026-11-24", count: 1 },
      { date: "2026-11-25", count: 1 },
    ]);
  });

  it("writes CSV that no spreadsheet runs", () => {
    const [, first] = changedAsCsv(PREVIEW.changed).split("\r\n");
    expect(first).toBe(`2026-11-24T10:00:00Z,w1,d1,'=cmd,900,"A ""B"", C",300`);
  });
});

const NOTHING: Facts = {
  stores: [],
  mapKey: null,
  technicians: [],
  invited: new Set(),
  positions: new Map(),
  orders: 0,
  practice: null,
};

describe("the guide", () => {
  it("begins with the store, and opens nothing that needs one before", () => {
    expect(nextStep(NOTHING)).toBe("store");
    expect(findStep("lead", NOTHING)).toBe("store");
    expect([isOpen("store", NOTHING), isOpen("phone", NOTHING), doneCount(NOTHING)]).toEqual([true, false, 1]);
  });

  it("goes on by what is there, and past what is passed over", () => {
    const store = { ...NOTHING, stores: [{ id: "s" }] } as unknown as Facts;
    expect(nextStep(store)).toBe("mapKey");
    expect(nextStep(store, ["mapKey"])).toBe("technicians");
    const all = {
      ...store,
      mapKey: { status: "ok" },
      technicians: [{ id: "t" }],
      positions: new Map([["t", 4]]),
      orders: 1,
    } as unknown as Facts;
    expect([doneCount(all), nextStep(all)]).toEqual([6, "lead"]);
  });

  it("measures on the ball", () => {
    expect(Math.round(metresBetween({ lat: 0, lon: 0 }, { lat: 0, lon: 1 }) / 1000)).toBe(111);
    expect(metresBetween({ lat: 41, lon: -8 }, { lat: 41, lon: -8 })).toBe(0);
  });
});
