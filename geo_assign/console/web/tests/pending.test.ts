import { describe, expect, it } from "vitest";
import { farewellText, groupPending, inOrder, neighbour, shortAddress, waitingFor } from "../src/model/pending";
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
    expect(groups.map((group) => [group.title, group.orders.map(({ id }) => id)])).toEqual([
      ["Needs you", ["old", "young"]],
      ["Being offered", ["hurried", "calm"]],
      ["Later", ["next", "far"]],
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
