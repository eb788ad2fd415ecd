import { describe, expect, it } from "vitest";
import type { RosterLine } from "../src/api/types";
import { find, isPartOfPhone, withRemote } from "../src/model/find";
import { order, technician } from "./made";

const customer = (phone: string | null, name = "Helena Duarte") => ({ name, phone, email: null });

const line = (id: string, changes: Partial<RosterLine> = {}): RosterLine => ({
  id,
  name: id,
  store_id: "store-1",
  provider: null,
  skills: [],
  presence: { on_duty: true, reachable: true, fresh: true, silence_reason: null },
  last_seen_at: null,
  position: null,
  workload: { today: 0, overdue: 0, open_offers: 0 },
  eligible: null,
  reasons: null,
  distance_m: null,
  ...changes,
});

describe("telephone numbers", () => {
  it.each([
    ["912345", "+351 912 345 678", true],
    ["912 345", "+351-912-345-678", true],
    ["(912) 345-678", "00351912345678", true],
    ["+351 91", "+351 912 345 678", true],
    ["913", "+351 912 345 678", false],
    ["9129", "+351 912 345 678", false],
    ["12a45", "+351 912 345 678", false],
    ["91234", null, false],
  ])("%s finds %s: %s", (entered, phone, is) => {
    expect(isPartOfPhone(entered, phone)).toBe(is);
  });

  it("find the order of their customer", () => {
    const orders = [
      order({ customer: customer("+351 912 345 678") }),
      order({ id: "other", customer: customer(null) }),
    ];
    expect(find("912 345", [], orders).map(({ id }) => id)).toEqual(["order-1"]);
    expect(find("0000", [], orders)).toEqual([]);
  });
});

describe("what the service finds besides", () => {
  it("comes behind what was found here, once each, finished work with its state", () => {
    const here = find("ana", [technician("ana", { name: "Ana" })], []);
    const done = order({ id: "done", number: "L-9", state: "completed", bucket: "closed" });
    const far = line("anabel", { position: { lat: 1, lon: 2 } as RosterLine["position"] });
    const hits = withRemote(here, [done, done], [line("ana"), far]);
    expect(hits.map(({ id }) => id)).toEqual(["ana", "anabel", "done"]);
    expect(hits[1]!.at).toEqual({ lat: 1, lon: 2 });
    expect(hits.find(({ id }) => id === "done")!.detail).toBe("L-9 · Helena Duarte · completed");
    expect(withRemote(here, [done], [far], 2)).toHaveLength(2);
  });
});
