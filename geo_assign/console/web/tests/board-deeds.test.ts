import { describe, expect, it } from "vitest";
import type { Choice, WorkOrder } from "../src/api/types";
import { asksForChoice, type Deed, deedOf, hasModes, linesOf } from "../src/pages/board/deeds";
import type { Place } from "../src/pages/board/moving";
import { at, NOON, order } from "./made";

const place = (rowId: string, start = 60, end = 120): Place => ({
  rowId,
  startMs: Date.parse(at(start)),
  endMs: Date.parse(at(end)),
});

describe("what a move means", () => {
  it.each([
    ["pending", "unassigned", place("ana"), "give"],
    ["new", "unassigned", place("ana", 90, 150), "give"],
    ["pending", "unassigned", place("unassigned", 90, 150), "wait"],
    ["pending", "unassigned-a", place("unassigned-b"), "none"],
    ["pending", "unassigned", place("unassigned"), "none"],
    ["offered", "ana", place("bea"), "give"],
    ["offered", "ana", place("ana", 90, 150), "give"],
    ["offered", "ana", place("ana"), "none"],
    ["offered", "ana", place("unassigned"), "unassign"],
    ["assigned", "ana", place("ana", 90, 150), "reschedule"],
    ["assigned", "ana", place("ana", 60, 135), "reschedule"],
    ["assigned", "ana", place("bea"), "reallocate"],
    ["assigned", "ana", place("bea", 90, 150), "reallocate"],
    ["assigned", "ana", place("unassigned-x", 90, 150), "unassign"],
    ["assigned", "ana", place("ana"), "none"],
    ["travelling", "ana", place("bea"), "none"],
    ["completed", "ana", place("bea", 90, 150), "none"],
  ] as [WorkOrder["state"], string, Place, Deed][])("%s work from %s to %j: %s", (state, from, to, deed) => {
    expect(deedOf({ state }, place(from), to)).toBe(deed);
  });

  it("asks the service where a technician is to come, and offers where one is new", () => {
    const deeds: Deed[] = ["give", "reschedule", "reallocate", "unassign", "wait", "none"];
    expect(deeds.filter(asksForChoice)).toEqual(["give", "reschedule", "reallocate"]);
    expect(deeds.filter(hasModes)).toEqual(["give", "reallocate"]);
  });
});

describe("what the card says", () => {
  const choice = (changes: Partial<Choice> = {}): Choice => ({
    technician_id: "ana",
    name: "Ana Ferreira",
    slot: { start: at(60), end: at(120) },
    available: true,
    reasons: [],
    may_assign: true,
    may_offer: true,
    conflict: null,
    previous: null,
    provenance: "live",
    distance_m: 2000,
    eta_s: 420,
    travel_after_s: null,
    eta_is_calibrated: false,
    eta_factor: null,
    drive: null,
    drive_after: null,
    routing: null,
    following: null,
    arrives_at: null,
    nearer: [],
    server_now: at(0),
    ...changes,
  });
  const nearer = (name: string, eta: number) => ({ technician_id: name, name, distance_m: 1, eta_s: eta });
  const told = (changes: Partial<Choice>, deed: Deed = "give", to = place("ana"), of: Partial<WorkOrder> = {}) =>
    linesOf({
      deed,
      order: order(of),
      from: place("unassigned"),
      at: to,
      choice: choice(changes),
      nowMs: NOON,
      zone: "UTC",
    }).map(({ tone, text }) => `${tone}: ${text}`);

  it.each([
    ["free, the way alone", {}, ["ok: Free, and can do it", "ok: The way is 7 min"]],
    [
      "from the job before",
      { previous: { start: at(-50), end: at(10), work_order_id: "x", number: "L-7" }, arrives_at: at(17) },
      ["ok: Free, and can do it", "ok: Arrives 12:17 from the 11:10 job (7 min)"],
    ],
    [
      "from where the phone is",
      { arrives_at: at(7) },
      ["ok: Free, and can do it", "ok: Could be there at 12:07 (7 min away)"],
    ],
    ["too late", { arrives_at: at(72) }, ["ok: Free, and can do it", "warn: Arrives 13:12: 12 min too late"]],
    [
      "in time for the next",
      { following: { start: at(130), end: at(190), work_order_id: "x", number: "L-7" }, travel_after_s: 600 },
      ["ok: Free, and can do it", "ok: The way is 7 min", "ok: Then 10 min on to the 14:10 job"],
    ],
    [
      "late for the next",
      { following: { start: at(130), end: at(190), work_order_id: "x", number: "L-7" }, travel_after_s: 1320 },
      ["ok: Free, and can do it", "ok: The way is 7 min", "warn: Late for the 14:10 job: 12 min"],
    ],
    [
      "without a place",
      { distance_m: null, eta_s: null },
      ["ok: Free, and can do it", "ok: Without a location the way is not known"],
    ],
    [
      "one nearer",
      { nearer: [nearer("Bea Nunes", 240)] },
      ["ok: Free, and can do it", "ok: The way is 7 min", "warn: Bea is nearer: 4 min"],
    ],
    [
      "three nearer",
      { nearer: [nearer("Bea Nunes", 240), nearer("Rui", 250), nearer("Inês", 300)] },
      ["ok: Free, and can do it", "ok: The way is 7 min", "warn: Bea is nearer: 4 min, and 2 more"],
    ],
    [
      "off duty",
      { may_offer: false },
      ["ok: Free, and can do it", "warn: Off duty: can be assigned, not asked", "ok: The way is 7 min"],
    ],
    [
      "booked, by work that may be seen",
      {
        available: false,
        may_assign: false,
        may_offer: false,
        conflict: { start: at(30), end: at(90), work_order_id: "x", number: "L-9" },
        reasons: [{ code: "slot_taken", detail: "has other work", needed: {} }],
      },
      ["bad: L-9 is there 12:30–13:30", "ok: The way is 7 min"],
    ],
    [
      "booked, by work that may not",
      {
        available: false,
        may_assign: false,
        may_offer: false,
        conflict: { start: at(30), end: at(90), work_order_id: null, number: null },
        reasons: [],
      },
      ["bad: Other work is there 12:30–13:30", "ok: The way is 7 min"],
    ],
    [
      "not trained, on leave",
      {
        available: false,
        reasons: [
          { code: "missing_skill", detail: "lacks laptop", needed: {} },
          { code: "time_off", detail: "time off until 15:00", needed: {} },
        ],
      },
      ["warn: Lacks laptop", "warn: Time off until 15:00", "ok: The way is 7 min"],
    ],
  ] as [string, Partial<Choice>, string[]][])("of a technician: %s", (_what, changes, lines) => {
    expect(told(changes)).toEqual(lines);
  });

  it("of the order: an offer that ends, a crew that moves, a time that is past", () => {
    expect(told({}, "give", place("ana"), { state: "offered" })).toContain("warn: The open offer is withdrawn");
    const crew = {
      state: "assigned",
      collaborators: [{ id: "bea", name: "Bea", state: "assigned" }],
    } as Partial<WorkOrder>;
    expect(told({}, "reschedule", place("ana", 90, 150), crew)).toContain("warn: Those who come along move, too");
    expect(told({}, "give", place("ana", -30, 30))).toContain("warn: That time has begun already");
    expect(told({}, "give", place("ana"))).not.toContain("warn: That time has begun already");
  });

  it("of what asks for no technician", () => {
    const lines = (deed: Deed, of: Partial<WorkOrder>) =>
      linesOf({
        deed,
        order: order(of),
        from: place("ana"),
        at: place("unassigned"),
        choice: null,
        nowMs: NOON,
        zone: "UTC",
      }).map(({ text }) => text);
    expect(lines("unassign", { state: "assigned" })).toEqual(["It waits for you then, and keeps its time"]);
    expect(lines("unassign", { state: "offered" })).toEqual(["The open offer is withdrawn"]);
    expect(lines("none", {})).toEqual(["Choose another technician or another time."]);
  });
});
