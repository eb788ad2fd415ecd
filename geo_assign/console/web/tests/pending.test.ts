import { describe, expect, it } from "vitest";
import {
  farewellText,
  groupPending,
  inOrder,
  lateBy,
  listLate,
  neighbour,
  shortAddress,
  waitingFor,
} from "../src/model/pending";
import { at, NOON, offerTo, order, taken } from "./made";

describe("the pending list", () => {
  const old = order({ id: "old", created_at: at(-90) });
  const young = order({ id: "young", created_at: at(-10) });
  const hurried = order({ id: "hurried", bucket: "being_offered", state: "offered", offer: offerTo("Ana", at(1)) });
  const calm = order({ id: "calm", bucket: "being_offered", state: "offered", offer: offerTo("Rui", at(9)) });
  const next = order({ id: "next", bucket: "later", slot: { start: at(600), end: at(660) } });
  const far = order({ id: "far", bucket: "later", slot: { start: at(900), end: at(960) } });

  it("has three groups: oldest first, soonest to expire, soonest to start", () => {
    const groups = groupPending([young, far, calm, old, hurried, next]);
    expect(groups.map((group) => [group.bucket, group.orders.map(({ id }) => id)])).toEqual([
      ["needs_you", ["old", "young"]],
      ["being_offered", ["hurried", "calm"]],
      ["later", ["next", "far"]],
    ]);
  });

  it("leaves out what is assigned and what is over", () => {
    const done = order({ id: "done", state: "cancelled", bucket: "closed" });
    expect(inOrder(groupPending([taken(old, "Bea"), done]))).toEqual([]);
  });

  it("shows a taken order that needs a dispatcher, and says who cannot go", () => {
    const stuck = taken(old, "Bea", { bucket: "needs_you" });
    expect(inOrder(groupPending([stuck])).map(({ id }) => id)).toEqual(["old"]);
    expect(waitingFor(stuck, NOON, "UTC")).toBe("Bea cannot go");
    expect(farewellText(stuck, taken(old, "Bea"))).toBe("Bea keeps it");
  });

  it("keeps a taken order where it stood while its farewell is read", () => {
    const farewell = { order: taken(old, "Bea"), from: old, text: "Bea has it", atMs: NOON };
    const groups = groupPending([taken(old, "Bea"), young], [farewell]);
    expect(groups[0]!.orders.map(({ id }) => id)).toEqual(["old", "young"]);
    // What is struck through is no longer counted, and what came back meanwhile is.
    expect(groups[0]!.count).toBe(1);
    expect(groupPending([old, young], [farewell])[0]!).toMatchObject({ count: 2 });
  });

  it("tells who is late: begun by the clock, and the technician is not there", () => {
    const mine = (minutes: number, changes: object = {}) =>
      taken(order({ id: `at ${minutes}`, slot: { start: at(minutes), end: at(minutes + 60) } }), "Bea", changes);
    expect(lateBy(mine(-12), NOON)).toBe(720);
    expect(lateBy(mine(-12, { state: "travelling" }), NOON)).toBe(720);
    for (const on of ["on_site", "in_progress", "completed", "cancelled", "pending", "offered"] as const) {
      expect(lateBy(mine(-12, { state: on }), NOON)).toBe(0);
    }
    expect([lateBy(mine(-5), NOON), lateBy(mine(30), NOON)]).toEqual([0, 0]);
    expect(listLate([mine(-10), mine(10), mine(-30), order()], NOON).map(({ id }) => id)).toEqual(["at -30", "at -10"]);
  });

  it("says that a dispatcher assigned it, whichever technician had the offer before", () => {
    const asked = order({ state: "offered", bucket: "being_offered", offer: offerTo("Bea", at(5)) });
    const by = (kind: "user" | "technician" | "system", name: string) => ({ kind, id: `${kind}-1`, name });
    expect(farewellText(asked, taken(asked, "Bea", { changed_by: by("technician", "Bea") }))).toBe("Bea accepted");
    expect(farewellText(asked, taken(asked, "Bea", { changed_by: by("user", "Marta Castro") }))).toBe(
      "Marta assigned Bea",
    );
    expect(farewellText(asked, taken(asked, "Bea", { changed_by: by("user", "Marta Castro") }), "user-1")).toBe(
      "You assigned Bea",
    );
  });
});

describe("walking the list", () => {
  const ids = ["a", "b", "c"];

  it("begins at an end and stops at the ends", () => {
    expect(neighbour(ids, null, 1)).toBe("a");
    expect(neighbour(ids, null, -1)).toBe("c");
    expect(neighbour(ids, "a", 1)).toBe("b");
    expect(neighbour(ids, "c", 1)).toBe("c");
    expect(neighbour(ids, "a", -1)).toBe("a");
  });

  it("begins anew when the selected one has left, and goes nowhere in an empty list", () => {
    expect(neighbour(ids, "gone", 1)).toBe("a");
    expect(neighbour([], "a", 1)).toBeNull();
  });
});

describe("what became of an order", () => {
  const by = (name: string) => ({ kind: "user" as const, id: name.toLowerCase(), name });

  it("says who gave it to whom", () => {
    expect(farewellText(order(), taken(order(), "Bea Nunes", { changed_by: by("Marta Castro") }))).toBe(
      "Marta assigned Bea Nunes",
    );
  });

  it("calls the reader you", () => {
    const mine = taken(order(), "Bea Nunes", { changed_by: by("Marta Castro") });
    expect(farewellText(order(), mine, "marta castro")).toBe("You assigned Bea Nunes");
  });

  it("says that the one asked accepted", () => {
    const offered = order({ bucket: "being_offered", offer: { ...offerTo("Bea", at(5)), technician_id: "bea" } });
    expect(farewellText(offered, taken(offered, "Bea"))).toBe("Bea accepted");
  });

  it("says who has it when no name is given, and who cancelled", () => {
    expect(farewellText(order(), taken(order(), "Bea"))).toBe("Bea has it");
    expect(farewellText(order(), order({ state: "cancelled", bucket: "closed", changed_by: by("Marta Castro") }))).toBe(
      "Marta cancelled it",
    );
  });

  it("says nothing while it is still pending, or was not before", () => {
    expect(farewellText(order(), order({ bucket: "being_offered", state: "offered" }))).toBeNull();
    expect(farewellText(taken(order(), "Bea"), taken(order(), "Rui"))).toBeNull();
  });
});

describe("why an order waits", () => {
  const why = (changes: Parameters<typeof order>[0]) => waitingFor(order(changes), NOON, "UTC");

  it("is said in a few words", () => {
    expect(why({})).toBe("No technician free");
    expect(why({ pending_reason: "needs_location", location: null })).toBe("Address not found");
    expect(why({ pending_reason: "map_key_missing", location: null })).toBe("Map key missing");
    expect(why({ pending_reason: null, location: null })).toBe("No address");
  });

  it("asks which address when there are suggestions", () => {
    const suggestion = { label: "Harbour Road 9", lat: 41, lon: -30, confidence: "street" };
    expect(why({ pending_reason: "needs_location", location: null, location_candidates: [suggestion] })).toBe(
      "Which address?",
    );
  });

  it("is a time for what starts by itself", () => {
    expect(why({ bucket: "later", pending_reason: null, slot: { start: at(60), end: at(120) } })).toBe("13:00");
  });

  it("shows the street of an address", () => {
    expect(shortAddress("12 Quay Street, Orrava")).toBe("12 Quay Street");
    expect(shortAddress(null)).toBe("no address");
  });
});
