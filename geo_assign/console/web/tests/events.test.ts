import { describe, expect, it } from "vitest";
import type { HistoryEvent } from "../src/api/types";
import { declinesOf } from "../src/model/declines";
import { eventsOf, KEPT, withEvents } from "../src/model/events";
import { at, NOON, offerTo, order, taken } from "./made";

const reader = { nowMs: NOON, meId: "me" };
const known = (...orders: ReturnType<typeof order>[]) => new Map(orders.map((each) => [each.id, each]));

describe("what happened lately", () => {
  it("tells what needs a dispatcher, and only once", () => {
    const later = order({ bucket: "later" });
    const now = order({ version: 2 });
    const [told] = eventsOf(known(later), [now], reader);
    expect([told!.text, told!.needsYou]).toEqual(["L-1 needs you", true]);
    expect(eventsOf(known(now), [now], reader)).toEqual([]);
    expect(eventsOf(known(now), [order({ version: 3, notes: "call first" })], reader)).toEqual([]);
    expect(eventsOf(known(), [order({ id: "new" })], reader)).toHaveLength(1);
  });

  it("tells alarms, who is asked and who took it", () => {
    const before = order();
    const alarm = { code: "slot_passed" as const, at: at(0) };
    const texts = [
      order({ version: 2, alarm }),
      order({ version: 2, state: "offered", bucket: "being_offered", offer: offerTo("Ana", at(9)) }),
      taken(before, "Bea"),
      order({
        version: 2,
        state: "cancelled",
        bucket: "closed",
        changed_by: { kind: "user", id: "m", name: "Marta C" },
      }),
    ].map((after) => eventsOf(known(before), [after], reader)[0]!.text);
    expect(texts).toEqual([
      "L-1: alarm: The slot passed before a technician had it.",
      "L-1 offered to Ana.",
      "L-1: Bea has it",
      "L-1: Marta cancelled it",
    ]);
    expect(eventsOf(known(order({ alarm })), [order({ version: 2, alarm })], reader)).toEqual([]);
  });

  it("keeps the last twenty, the newest first, and none twice", () => {
    let events = withEvents([], []);
    for (let version = 2; version < 40; version++) {
      const happened = eventsOf(known(order({ bucket: "later" })), [order({ version })], reader);
      events = withEvents(withEvents(events, happened), happened);
    }
    expect(events).toHaveLength(KEPT);
    expect(events.map(({ id }) => id).slice(0, 2)).toEqual(["order-1 39", "order-1 38"]);
  });
});

describe("who said no", () => {
  it("is read from the history, the newest first", () => {
    const event = (id: string, kind: string, minutes: number, detail: object, who = "") =>
      ({
        id,
        kind,
        at: at(minutes),
        state: "pending",
        detail,
        actor: { kind: who ? "technician" : "system", id: "x", name: who },
      }) as unknown as HistoryEvent;
    const events = [
      event("1", "created", -9, {}),
      event("2", "rejected", -6, { technician_id: "ana", reason: "too_far" }, "Ana Reis"),
      event("3", "offered", -5, { technician_id: "bea" }),
      event("4", "offer_expired", -2, { technician_id: "bea" }),
    ];
    expect(declinesOf(events).map(({ technicianId, name, how, reason }) => [technicianId, name, how, reason])).toEqual([
      ["bea", null, "expired", null],
      ["ana", "Ana Reis", "rejected", "too_far"],
    ]);
  });
});
