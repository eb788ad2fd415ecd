import { describe, expect, it } from "vitest";
import type { Calendar, CalendarEntry, CalendarRow, WorkOrder } from "../src/api/types";
import { addDays, isDate, localDay, weekOf } from "../src/model/dates";
import { type Around, leftText, rowsOf } from "../src/pages/board/calendar";
import { merged, withOrder } from "../src/pages/board/patching";
import { at, NOON, offerTo, order } from "./made";

const DAY = { date: "2026-11-22", start: "2026-11-22T00:00:00Z", end: "2026-11-23T00:00:00Z" };

function entry(changes: Partial<CalendarEntry> = {}): CalendarEntry {
  return {
    work_order_id: "order-1",
    number: "L-1",
    title: "Laptop · no power",
    kind: "lead",
    state: "assigned",
    store_id: "store-1",
    colour: { family: "lead", fill: "soft" },
    role: "primary",
    slot: { start: at(60), end: at(120) },
    occupied_from: at(60),
    offer_expires_at: null,
    priority: 0,
    pinned: false,
    customer: { name: "Helena Duarte" },
    has_location: true,
    ...changes,
  };
}

function person(id: string, bookings: CalendarEntry[] = [], changes: Partial<CalendarRow> = {}): CalendarRow {
  return {
    id,
    name: id.toUpperCase(),
    store_id: "store-1",
    provider: null,
    on_duty: true,
    active: true,
    bookings,
    busy: [],
    hours: [{ start: at(-240), end: at(360) }],
    free: [],
    time_off: [],
    ...changes,
  };
}

function calendar(items: CalendarRow[], waiting: CalendarEntry[] = []): Calendar {
  return {
    items,
    next_cursor: null,
    unassigned: { items: waiting, total: waiting.length, truncated: false },
    days: [DAY],
    timezone: "UTC",
    span: { start: DAY.start, end: DAY.end },
    server_now: at(0),
  };
}

const around = (changes: Partial<Around> = {}): Around => ({
  nowMs: NOON,
  zone: "UTC",
  orders: new Map(),
  technicians: new Map(),
  stores: new Map([["store-1", "Centre"]]),
  isNow: true,
  ...changes,
});

const everywhere = () => true;
const where = (shown: Calendar) => ({
  waiting: shown.unassigned.items.map((each) => each.work_order_id),
  ...Object.fromEntries(shown.items.map(({ id, bookings }) => [id, bookings.map(({ colour }) => colour.fill)])),
});

describe("an order that changed moves its own bars", () => {
  const before = calendar([person("ana", [entry()]), person("bea")]);
  const has = (changes: Partial<WorkOrder>) => withOrder(before, order(changes), everywhere);
  const ana = { id: "ana", name: "Ana" };
  const bea = { id: "bea", name: "Bea" };

  it.each([
    ["to another technician", { state: "assigned", assignee: bea }, { waiting: [], ana: [], bea: ["soft"] }],
    ["under way", { state: "travelling", assignee: ana }, { waiting: [], ana: ["solid"], bea: [] }],
    ["done", { state: "completed", assignee: ana }, { waiting: [], ana: ["faded"], bea: [] }],
    ["taken back", { state: "pending" }, { waiting: ["order-1"], ana: [], bea: [] }],
    ["cancelled", { state: "cancelled" }, { waiting: [], ana: [], bea: [] }],
    ["offered", { state: "offered", offers: [offerTo("Bea", at(5))] }, { waiting: [], ana: [], bea: ["dashed"] }],
    [
      "offered to two",
      { state: "offered", offers: [offerTo("Ana", at(5)), offerTo("Bea", at(5))] },
      { waiting: [], ana: ["dashed"], bea: ["dashed"] },
    ],
    [
      "with a crew",
      { state: "assigned", assignee: ana, collaborators: [{ ...bea, state: "assigned" }] },
      { waiting: [], ana: ["soft"], bea: ["soft"] },
    ],
    [
      "to a day that is not shown",
      { state: "pending", slot: { start: at(2000), end: at(2060) } },
      { waiting: [], ana: [], bea: [] },
    ],
  ] as [string, Partial<WorkOrder>, Record<string, string[]>][])("%s", (_what, changes, expected) => {
    expect(where(has(changes))).toEqual(expected);
  });

  it("and leaves the other rows the same objects", () => {
    const after = has({ state: "pending" });
    expect(after.items[1]).toBe(before.items[1]);
    expect(after.items[0]).not.toBe(before.items[0]);
    expect(after.unassigned.total).toBe(1);
  });

  it("unless its store or group is not shown", () => {
    expect(where(withOrder(before, order({ state: "pending" }), () => false)).waiting).toEqual([]);
  });

  it("with the way there as long as it was", () => {
    const known = calendar([person("ana", [entry({ occupied_from: at(45) })])]);
    const later = { state: "assigned", assignee: ana, slot: { start: at(180), end: at(240) } } as const;
    expect(withOrder(known, order(later), everywhere).items[0]?.bookings[0]?.occupied_from).toBe(at(165));
  });
});

it("a newer reading keeps the rows that say the same", () => {
  const before = calendar([person("ana", [entry()]), person("bea")]);
  const fresh = calendar([person("ana", [entry()]), person("bea", [entry({ work_order_id: "order-2" })])]);
  const after = merged(before, fresh);
  expect([after.items[0] === before.items[0], after.items[1] === fresh.items[1]]).toEqual([true, true]);
  expect(merged(null, fresh)).toBe(fresh);
});

describe("the rows", () => {
  const texts = (row: CalendarRow, changes: Partial<Around> = {}) => {
    const shown = rowsOf(calendar([row]), around(changes))[1]!;
    return shown.notes.map(({ text }) => text).join(" · ");
  };

  it.each([
    ["on duty and not heard from", person("ana"), {}, "silent · no jobs"],
    ["off duty", person("ana", [], { on_duty: false }), {}, "off duty · no jobs"],
    [
      "off duty until later",
      person("ana", [], { on_duty: false, hours: [{ start: at(180), end: at(500) }] }),
      {},
      "starts 15:00 · no jobs",
    ],
    ["no longer there", person("ana", [entry()], { active: false }), {}, "no longer works here · 1 job, 1 h"],
    [
      "of a provider",
      person("ana", [], { provider: { id: "p", name: "FixNow" } }),
      { isNow: false },
      "FixNow · no jobs",
    ],
    [
      "with two jobs on another day",
      person("ana", [entry(), entry({ work_order_id: "b", slot: { start: at(200), end: at(290) } })]),
      { isNow: false },
      "2 jobs, 2.5 h",
    ],
  ] as [string, CalendarRow, Partial<Around>, string][])("of a technician %s", (_what, row, changes, expected) => {
    expect(texts(row, changes)).toBe(expected);
  });

  it("hatch what is not worked, and say until when", () => {
    const row = person("ana", [], {
      on_duty: false,
      hours: [{ start: at(60), end: at(300) }],
      time_off: [{ start: at(90), end: at(120) }],
    });
    const [, shown] = rowsOf(calendar([row]), around());
    expect(shown?.shades.map(({ kind, text }) => [kind, text])).toEqual([
      ["off", "Off duty until 13:00"],
      ["off", ""],
      ["away", "Time off"],
    ]);
  });

  it("are one for what waits, or one for each of several stores", () => {
    const waiting = [
      entry({ colour: { family: "lead", fill: "hollow" } }),
      entry({ work_order_id: "b", store_id: "store-2" }),
    ];
    const one = rowsOf(calendar([], waiting), around());
    expect(one.map(({ name, bars }) => [name, bars.length])).toEqual([["Unassigned", 2]]);
    const stores = new Map([
      ["store-1", "Centre"],
      ["store-2", "North"],
      ["store-3", "South"],
    ]);
    const several = rowsOf(calendar([], waiting), around({ stores }));
    expect(several.map(({ name, bars }) => [name, bars.length])).toEqual([
      ["Unassigned, Centre", 1],
      ["Unassigned, North", 1],
    ]);
  });

  it.each([
    ["assigned", entry(), "13:00–14:00", null],
    ["under way", entry({ state: "on_site", colour: { family: "lead", fill: "solid" } }), "on site", "under_way"],
    ["done", entry({ state: "completed", colour: { family: "lead", fill: "faded" } }), "13:00–14:00", "done"],
    ["coming along", entry({ role: "collaborator" }), "13:00–14:00", "along"],
    [
      "offered",
      entry({
        state: "offered",
        colour: { family: "lead", fill: "dashed" },
        offer_expires_at: new Date(NOON + 455_000).toISOString(),
      }),
      "7:35 left",
      null,
    ],
  ] as const)("say of work %s what it is, and whether it may be moved", (_what, of, detail, fixed) => {
    const bar = rowsOf(calendar([person("ana", [of])]), around())[1]?.bars[0];
    expect([bar?.detail, bar?.fixed]).toEqual([detail, fixed]);
    expect(bar?.label).toContain("L-1, Laptop · no power, Helena Duarte, Lead");
    expect(bar?.label).not.toContain("left");
  });

  it("tell the repeated hour from the first", () => {
    const slot = { start: "2026-10-25T01:15:00Z", end: "2026-10-25T01:45:00Z" };
    const [, row] = rowsOf(calendar([person("ana", [entry({ slot })])]), around({ zone: "Europe/Lisbon" }));
    expect(row?.bars[0]?.detail).toBe("01:15 (2nd)–01:45 (2nd)");
  });
});

it.each([
  [455_000, "7:35"],
  [1, "0:01"],
  [0, "0:00"],
  [-5_000, "0:00"],
  [3_661_000, "61:01"],
])("an offer with %i ms has %s left", (ms, text) => {
  expect(leftText(new Date(NOON + ms).toISOString(), NOON)).toBe(text);
});

describe("dates", () => {
  it.each([
    ["2026-11-24", true],
    ["2024-02-29", true],
    ["2026-02-29", false],
    ["2026-13-01", false],
    ["24.11.2026", false],
    ["", false],
    ["today", false],
  ])("%s is one: %s", (text, is) => {
    expect(isDate(text)).toBe(is);
  });

  it("count on over months, years and changes of clocks", () => {
    expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
    expect(addDays("2024-03-01", -1)).toBe("2024-02-29");
    expect(addDays("2026-10-24", 2)).toBe("2026-10-26");
    expect(weekOf("2026-11-22")).toEqual(["2026-11-16", "2026-11-22"]);
    expect(weekOf("2026-11-16")).toEqual(["2026-11-16", "2026-11-22"]);
  });

  it.each([
    ["2026-10-25", "Europe/Lisbon", 25],
    ["2026-03-29", "Europe/Lisbon", 23],
    ["2026-11-24", "Asia/Kathmandu", 24],
    ["2026-04-24", "Africa/Cairo", 23],
    ["2026-10-04", "Australia/Lord_Howe", 23.5],
    ["2026-11-24", "Pacific/Kiritimati", 24],
    ["2026-11-24", "Pacific/Pago_Pago", 24],
  ])("%s in %s has %d hours", (date, zone, hours) => {
    const day = localDay(date, zone);
    expect((day.endMs - day.startMs) / 3_600_000).toBe(hours);
  });
});
