import { describe, expect, it } from "vitest";
import type { Optimization, RosterLine, WorkOrder } from "../src/api/types";
import { csvOf } from "../src/pages/pending/csv";
import { listAction } from "../src/pages/pending/keys";
import {
  addressOf,
  COLUMNS,
  contentOf,
  countOf,
  csvCell,
  DEFAULTS,
  formatColumn,
  isLate,
  matches,
  movedColumn,
  parseColumn,
  placedColumn,
  rangeOf,
  reasonOf,
  rowsOf,
  type Settings,
  settingsFrom,
  settingsOfView,
  tabCounts,
  toggledColumn,
  visibleRows,
} from "../src/pages/pending/model";
import { sceneOf, sharesOf, waysOf } from "../src/pages/pending/preview";
import { pending as texts } from "../src/texts/en/pending";
import { matchingNames, onlineOf, shownLines } from "../src/ui/rosterModel";
import { at, NOON, offerTo, order, taken, technician } from "./made";

const asked = order({
  id: "asked",
  number: "L-2",
  bucket: "being_offered",
  state: "offered",
  offer: offerTo("Ana", at(4)),
  offers: [offerTo("Ana", at(4))],
});
const later = order({
  id: "later",
  number: "T-3",
  kind: "ticket",
  bucket: "later",
  slot: { start: at(2000), end: at(2060) },
});
const waits = order({ id: "waits", number: "L-1" });
const orders = [later, waits, asked];

const rows = (changes: Partial<Settings> = {}, of: WorkOrder[] = orders) =>
  rowsOf({ orders: of, farewells: [], settings: { ...DEFAULTS, ...changes }, texts, groupName: (id) => id ?? "" });
const ids = (changes: Partial<Settings>, of?: WorkOrder[]) => rows(changes, of).map((row) => row.order.id);

describe("rows", () => {
  it.each<[string, Partial<Settings>, string[]]>([
    ["soonest deadline first", {}, ["asked", "waits", "later"]],
    ["latest first", { sort: { column: "deadline", latest: true } }, ["later", "waits", "asked"]],
    ["by number", { sort: { column: "number", latest: false } }, ["waits", "asked", "later"]],
    ["one tab", { tab: "later" }, ["later"]],
    ["one kind", { kind: "ticket" }, ["later"]],
    ["what is typed", { search: "ana" }, ["asked"]],
    ["a group that has none", { group: "ovens" }, []],
  ])("%s", (_name, changes, expected) => {
    expect(ids(changes)).toEqual(expected);
  });

  it("sorts by every column without a difference between runs", () => {
    for (const { id } of COLUMNS) {
      for (const latest of [false, true]) {
        const sort = { column: id, latest };
        expect(ids({ sort }, [...orders].reverse())).toEqual(ids({ sort }));
      }
    }
  });

  it("counts what waits: the badge, the rows and the sum of the groups agree, and a struck row is in none", () => {
    const farewells = [{ order: taken(waits, "Bea"), from: waits, text: "Marta assigned Bea", atMs: NOON }];
    const counts = tabCounts({ orders, farewells });
    expect(counts).toEqual({ all: 2, needs_you: 0, being_offered: 1, later: 1 });
    expect(countOf({ orders, farewells }, DEFAULTS)).toBe(counts.all);
    expect(countOf({ orders, farewells }, { ...DEFAULTS, kind: "ticket" })).toBe(1);
    expect(counts.all).toBe(counts.needs_you + counts.being_offered + counts.later);
    const shown = rowsOf({ orders, farewells, settings: DEFAULTS, texts, groupName: () => "" });
    expect(shown.map(({ farewell }) => farewell?.text)).toEqual([undefined, "Marta assigned Bea", undefined]);
    expect(rangeOf(shown, "asked", "later")).toEqual(["asked", "later"]);
  });

  it("finds rows by every word, without regard to accents and case", () => {
    const one = order({
      customer: { name: "Amélia Roque", phone: "+351 910" },
      skills: ["gas_boiler"],
      address: "3 Abbey Rise",
    });
    for (const typed of ["amelia", "ROQUE abbey", "l-1", "910", "boiler", ""]) expect(matches(one, typed)).toBe(true);
    for (const typed of ["amelia hugo", "oven"]) expect(matches(one, typed)).toBe(false);
  });

  it.each<[WorkOrder, string]>([
    [asked, "Asked Ana"],
    [{ ...asked, offers: [...asked.offers, offerTo("Rui", at(5))] }, "Asked Ana + 1"],
    [order({ pending_reason: "needs_location" }), "Address not found"],
    [
      order({
        pending_reason: "needs_location",
        location_candidates: [{ lat: 1, lon: 1, label: "x", confidence: "area" }],
      }),
      "Which address?",
    ],
    [order({ pending_reason: null, location: null }), "No address"],
    [taken(order(), "Ana", { bucket: "needs_you" }), "Ana cannot go"],
    [order({ state: "new", pending_reason: null }), "Just came in"],
  ])("says why it waits: %#", (one, text) => {
    expect(reasonOf(one, texts)).toBe(text);
  });

  it("is late a minute before an offer ends, and half an hour before a slot begins", () => {
    expect(isLate(asked, NOON)).toBe(false);
    expect(isLate(asked, NOON + 3.5 * 60_000)).toBe(true);
    expect(isLate(waits, NOON + 25 * 60_000)).toBe(false);
    expect(isLate(waits, NOON + 31 * 60_000)).toBe(true);
  });
});

describe("columns", () => {
  it("moves, places, hides and shows them; one always stays", () => {
    const names = (columns: readonly { id: string }[]) => columns.map(({ id }) => id).join();
    const three = DEFAULTS.columns.slice(0, 3);
    expect(names(movedColumn(three, "title", -1))).toBe("state,title,number");
    expect(names(movedColumn(three, "state", -1))).toBe("state,number,title");
    expect(names(placedColumn(three, "state", 2))).toBe("number,title,state");
    expect(names(toggledColumn(three, "number"))).toBe("state,title");
    expect(names(toggledColumn(toggledColumn(three, "number"), "number"))).toBe("state,number,title");
    expect(names(toggledColumn([{ id: "slot", width: 90 }], "slot"))).toBe("slot");
  });

  it.each([
    ["number:90", { id: "number", width: 90 }],
    ["number", { id: "number", width: 62 }],
    ["number:9999", { id: "number", width: 600 }],
    ["number:x", { id: "number", width: 62 }],
    ["colour:90", null],
  ])("reads %s", (text, column) => {
    expect(parseColumn(text)).toEqual(column);
  });
});

describe("the address and saved views", () => {
  const settings: Settings = {
    tab: "later",
    columns: [
      { id: "number", width: 80 },
      { id: "slot", width: 120 },
    ],
    sort: { column: "slot", latest: true },
    group: "g1",
    kind: "lead",
    search: "oven",
  };

  it("keep everything that is chosen", () => {
    const view = contentOf(settings);
    expect(settingsOfView(view)).toEqual(settings);
    const query = new URLSearchParams(
      Object.entries(addressOf(settings, null)).filter((entry): entry is [string, string] => entry[1] !== null),
    );
    expect(settingsFrom(query, null)).toEqual(settings);
    // Nothing stands in the address that the view says already; what differs does.
    expect(Object.values(addressOf(settings, view)).every((value) => value === null)).toBe(true);
    expect(addressOf({ ...settings, tab: "all" }, view)).toMatchObject({ tab: "all", sort: null });
    expect(settingsFrom(new URLSearchParams("tab=all&kind="), view)).toMatchObject({
      tab: "all",
      kind: "",
      group: "g1",
    });
  });

  it.each([
    { columns: ["nonsense"], sort: ["?"], filters: { tab: 7, group: {}, kind: "cat" } },
    { columns: [], sort: [], filters: {} },
  ])("ignore what they do not know: %#", (view) => {
    expect(settingsOfView(view)).toEqual(DEFAULTS);
  });

  it("name a column once", () => {
    const query = new URLSearchParams({ cols: "number,number:90,slot" });
    expect(settingsFrom(query, null).columns.map(formatColumn)).toEqual(["number:62", "slot:100"]);
  });
});

describe("many rows", () => {
  it("draws only those in view, wherever the list is scrolled", () => {
    for (let top = 0; top <= 5000 * 40; top += 997) {
      const { from, to } = visibleRows(top, 640, 40, 5000);
      expect(from).toBeGreaterThanOrEqual(0);
      expect(to).toBeLessThanOrEqual(5000);
      expect(to - from).toBeLessThan(60);
      expect(from * 40).toBeLessThanOrEqual(Math.min(top, 5000 * 40 - 640));
      expect(to * 40).toBeGreaterThanOrEqual(Math.min(5000 * 40, top + 640));
    }
    expect(visibleRows(0, 640, 40, 3)).toEqual({ from: 0, to: 3 });
  });
});

describe("the file", () => {
  it.each([
    ["=cmd", "'=cmd"],
    ["+351", "'+351"],
    ["@x", "'@x"],
    ["-1", "'-1"],
    ['a "b", c', '"a ""b"", c"'],
    ["two\nlines", '"two\nlines"'],
    ["plain", "plain"],
    ["\t=1", "'\t=1"],
  ])("keeps %j a text", (text, cell) => {
    expect(csvCell(text)).toBe(cell);
  });

  it("has the columns that are shown", () => {
    const desk = { zoneOf: () => "Europe/Lisbon" };
    const around = { nowMs: NOON, desk, groupName: () => "" };
    const evil = order({ customer: { name: "=HYPERLINK(1)" } });
    const csv = csvOf(
      [{ order: evil, farewell: null }],
      [
        { id: "number", width: 1 },
        { id: "customer", width: 1 },
        { id: "deadline", width: 1 },
      ],
      texts,
      around,
    );
    expect(csv).toBe("No.,Customer,Deadline\r\nL-1,'=HYPERLINK(1),2026-11-22 13:00");
  });
});

describe("the preview", () => {
  const preview = {
    pairs: [
      {
        work_order_id: "waits",
        number: "L-1",
        technician_id: "bea",
        name: "Bea",
        distance_m: 900,
        greedy: { technician_id: "ana", distance_m: 500 },
        outcome: "planned",
        lost: null,
      },
      {
        work_order_id: "asked",
        number: "L-2",
        technician_id: "ana",
        name: "Ana",
        distance_m: 300,
        greedy: { technician_id: "ana", distance_m: 300 },
        outcome: "planned",
        lost: null,
      },
      {
        work_order_id: "gone",
        number: "L-9",
        technician_id: "ana",
        name: "Ana",
        distance_m: 300,
        greedy: null,
        outcome: "planned",
        lost: null,
      },
    ],
  } as unknown as Optimization;

  it("draws one by one only where that differs, and only what is known", () => {
    const technicians = new Map([
      ["bea", technician("bea", { name: "Bea N" })],
      ["ana", technician("ana", {}, -31, 42)],
    ]);
    const scene = sceneOf(preview, new Map(orders.map((one) => [one.id, one])), technicians);
    expect(scene.lines.map(({ kind }) => kind)).toEqual(["solid", "dotted", "solid"]);
    expect(scene.marks.map(({ id }) => id).sort()).toEqual(["ana", "asked", "bea", "waits"]);
    expect(sceneOf(preview, new Map(), technicians)).toEqual({ marks: [], lines: [] });
  });

  it("compares by the longer of the two", () => {
    expect(sharesOf({ together: 5600, oneByOne: 6900 })).toEqual({ together: 81, oneByOne: 100 });
    expect(sharesOf({ together: 0, oneByOne: 0 })).toEqual({ together: 0, oneByOne: 0 });
    const metres = { optimal_m: 5600, greedy_m: 6900 };
    const line = waysOf({ ...metres, optimal_s: null, greedy_s: null });
    expect(line).toEqual({ together: 5600, oneByOne: 6900, bySeconds: false });
    const road = waysOf({ ...metres, optimal_s: 900, greedy_s: 1200 });
    expect(road).toEqual({ together: 900, oneByOne: 1200, bySeconds: true });
  });
});

describe("keys", () => {
  it("are those of the page, in both cases", () => {
    for (const key of ["j", "K", "x", "Enter", "o", "A", "t", "ArrowDown"])
      expect(listAction(key, false)).not.toBeNull();
    for (const key of ["q", "Tab", " ", "1"]) expect(listAction(key, false)).toBeNull();
  });
});

describe("the list of technicians", () => {
  const line = (name: string, changes: Partial<RosterLine> = {}): RosterLine => ({
    id: name,
    name,
    store_id: "store-1",
    provider: null,
    skills: [],
    presence: { on_duty: true, reachable: true, fresh: true, silence_reason: null },
    last_seen_at: at(-1),
    position: null,
    workload: { today: 0, overdue: 0, open_offers: 0 },
    eligible: true,
    reasons: [],
    distance_m: null,
    ...changes,
  });
  const people = [
    line("Inês Faria", { distance_m: 900, workload: { today: 3, overdue: 1, open_offers: 0 } }),
    line("Ana Ferreira", { distance_m: 300, eligible: false }),
    line("Rui O'Neill", { last_seen_at: null }),
  ];
  const names = (order: "name" | "workload" | "seen" | "distance", more: { typed?: string; onlyAble?: boolean } = {}) =>
    shownLines(people, { typed: "", onlyAble: false, order, ...more }).map(({ name }) => name.split(" ")[0]);

  it("finds by the beginnings of names", () => {
    expect(matchingNames(people, "ines f").map(({ name }) => name)).toEqual(["Inês Faria"]);
    expect(matchingNames(people, "neill")).toHaveLength(1);
    expect(matchingNames(people, "aria")).toHaveLength(0);
  });

  it("sorts, those who can go first where it is about distance", () => {
    expect(names("name")).toEqual(["Ana", "Inês", "Rui"]);
    expect(names("workload")).toEqual(["Ana", "Rui", "Inês"]);
    expect(names("seen")).toEqual(["Ana", "Inês", "Rui"]);
    expect(names("distance")).toEqual(["Inês", "Rui", "Ana"]);
    expect(names("name", { onlyAble: true })).toEqual(["Inês", "Rui"]);
  });

  it("tells duty from being heard from", () => {
    const silent = { on_duty: true, reachable: false, fresh: false, silence_reason: null };
    expect(onlineOf(line("a"))).toBe("on");
    expect(onlineOf(line("a", { presence: silent }))).toBe("silent");
    expect(onlineOf(line("a", { presence: { ...silent, on_duty: false } }))).toBe("off");
  });
});
