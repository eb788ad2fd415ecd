import { describe, expect, it } from "vitest";
import { Fleet } from "../src/model/fleet";
import { currentFarewells, mergeOrders, pinOf } from "../src/model/orders";
import { at, NOON, order, taken, technician } from "./made";

describe("merging orders", () => {
  const known = new Map([["order-1", order({ version: 3 })]]);

  it("takes the newer version and drops a late one", () => {
    const newer = mergeOrders(known, [order({ version: 4, title: "new" })], NOON);
    expect(newer.orders.get("order-1")!.title).toBe("new");
    const late = mergeOrders(known, [order({ version: 2, title: "late" })], NOON);
    expect(late.orders.get("order-1")!.version).toBe(3);
    expect(late.farewells).toEqual([]);
  });

  it("does not touch the map it was given", () => {
    mergeOrders(known, [order({ id: "order-2" })], NOON);
    expect([...known.keys()]).toEqual(["order-1"]);
  });

  it("says goodbye once to what was taken", () => {
    const first = mergeOrders(known, [taken(order({ version: 3 }), "Bea")], NOON);
    expect(first.farewells.map(({ text }) => text)).toEqual(["Bea has it"]);
    const again = mergeOrders(first.orders, [taken(order({ version: 3 }), "Bea")], NOON + 10);
    expect(again.farewells).toEqual([]);
  });

  it("forgets what is over", () => {
    const { orders, farewells } = mergeOrders(
      known,
      [order({ version: 4, state: "cancelled", bucket: "closed" })],
      NOON,
    );
    expect(orders.size).toBe(0);
    expect(farewells[0]!.text).toBe("Cancelled");
  });

  it("keeps a farewell for five seconds", () => {
    const farewell = { order: order(), from: order(), text: "", atMs: NOON };
    expect(currentFarewells([farewell], NOON + 4_999)).toHaveLength(1);
    expect(currentFarewells([farewell], NOON + 5_000)).toHaveLength(0);
  });

  it("draws a pin only for a known place", () => {
    expect(pinOf(order())!.geometry.coordinates).toEqual([-30, 41]);
    expect(pinOf(order({ location: null }))).toBeNull();
    expect(pinOf(order({ state: "completed" }))).toBeNull();
  });
});

describe("the fleet", () => {
  const filled = () => {
    const fleet = new Fleet();
    fleet.replace([
      technician("ana"),
      technician("rui", { status: "busy" }),
      technician("luis", { provider: true }),
      pinOf(order())!,
    ]);
    return fleet;
  };

  it("counts what it holds, a provider's staff in both", () => {
    expect(filled().counts()).toEqual({ free: 2, offered: 0, busy: 1, silent: 0, provider: 1, lead: 1, ticket: 0 });
  });

  it("hands on only what changed", () => {
    const fleet = filled();
    const moved = technician("ana", { recorded_at: at(1) }, -30.1);
    expect(fleet.apply([moved], ["rui", "stranger"])).toEqual({ all: false, set: [moved], gone: ["rui"], people: 2 });
    expect(fleet.technicians.get("ana")!.geometry.coordinates[0]).toBe(-30.1);
    expect(fleet.counts().busy).toBe(0);
  });

  it("starts over after a gap", () => {
    const fleet = filled();
    expect(fleet.replace([technician("ana")])).toMatchObject({ all: true });
    expect(fleet.technicians.size).toBe(1);
    expect(fleet.pins.size).toBe(0);
  });
});
