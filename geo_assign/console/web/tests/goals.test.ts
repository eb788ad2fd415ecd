import { describe, expect, it } from "vitest";
import { goalsOf, matchingGoals } from "../src/model/goals";

const STORES = [
  {
    id: "centre",
    name: "Centre",
    groups: [
      { id: "phones", name: "Phones" },
      { id: "vans", name: "Vans" },
    ],
  },
  { id: "north", name: "North", groups: [{ id: "ovens", name: "Ovens" }] },
  { id: "sao", name: "São João", groups: [] },
];
const here = { store_id: "centre", group_id: "phones" };
const names = (typed: string, order: { store_id: string; group_id: string | null } = here) =>
  matchingGoals(goalsOf(STORES, order), typed).map(({ name }) => name);

describe("where an order can be sent", () => {
  it("is everywhere but where it is", () => {
    expect(names("")).toEqual(["Centre · Vans", "North", "North · Ovens", "São João"]);
    expect(names("", { store_id: "north", group_id: null })).toEqual([
      "Centre",
      "Centre · Phones",
      "Centre · Vans",
      "North · Ovens",
      "São João",
    ]);
  });

  it.each([
    ["no", ["North", "North · Ovens"]],
    ["ove", ["North · Ovens"]],
    ["NORTH ov", ["North · Ovens"]],
    ["sao", ["São João"]],
    ["joa", ["São João"]],
    ["rth", []],
  ])("is found by the beginnings of its words: %s", (typed, found) => expect(names(typed)).toEqual(found));

  it("is a list that can be taken in at once", () => {
    const many = Array.from({ length: 40 }, (_, index) => ({ id: `s${index}`, name: `Store ${index}`, groups: [] }));
    expect(matchingGoals(goalsOf(many, here), "st")).toHaveLength(6);
  });
});
