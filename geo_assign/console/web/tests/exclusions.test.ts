import { describe, expect, it } from "vitest";
import type { Exclusion, Reason } from "../src/api/types";
import { askableProviders, groupExclusions, mainReason, wideningRadius } from "../src/model/exclusions";
import { at, nearest } from "./made";

const because = (code: Reason["code"], needed: object = {}): Reason =>
  ({ code, detail: code, needed }) as unknown as Reason;

const excluded = (name: string, reasons: Reason[], distance_m: number | null = 1000): Exclusion => ({
  technician_id: name,
  name,
  provider: null,
  presence: "on_duty",
  last_seen_at: null,
  distance_m,
  reasons,
});

const answer = (people: Exclusion[], counts: object = {}) => {
  const made = nearest([]);
  return {
    ...made,
    excluded: people,
    counts: { ...made.counts, members: people.length, others: 0, available: 0, ...counts },
  };
};

describe("who cannot go", () => {
  it("is put together by the reason that weighs most, in a person's words", () => {
    const people = [
      excluded("a", [because("outside_radius"), because("missing_skill", { skills: ["phones"] })]),
      excluded("b", [because("missing_skill", { skills: ["phones"] })]),
      excluded("c", [because("missing_skill", { skills: ["gas_boilers"] })]),
      excluded("d", [because("slot_taken", { free_from: at(150) })]),
      excluded("e", [because("slot_taken", { conflict: { start: at(0), end: at(90) } }), because("offline")]),
      excluded("f", [because("off_duty")], null),
    ];
    const { groups, outside, count } = groupExclusions(answer(people), "UTC");
    expect(groups.map(({ text }) => text)).toEqual([
      "2 are not trained for phones",
      "2 are busy then, the first until 13:30",
      "1 is not trained for gas boilers",
      "1 is off duty",
    ]);
    expect([outside.length, count]).toEqual([0, 6]);
  });

  it("folds people of other groups away, and counts everyone who was looked at", () => {
    const people = [excluded("a", [because("wrong_group"), because("off_duty")]), excluded("b", [because("time_off")])];
    const { groups, outside, count } = groupExclusions(
      answer(people, { members: 40, others: 9_958, available: 3 }),
      "UTC",
    );
    expect(groups.map(({ people: [one] }) => one!.name)).toEqual(["b"]);
    expect(outside.map(({ name }) => name)).toEqual(["a"]);
    expect(count).toBe(9_995);
  });

  it.each([
    [["offline", "stale_position", "no_position"], "no_position"],
    [["outside_radius", "slot_taken"], "slot_taken"],
    [["outside_hours", "inactive", "wrong_group"], "inactive"],
  ] as const)("tells of %s the one that can be changed least", (codes, told) => {
    expect(
      mainReason(
        excluded(
          "a",
          codes.map((code) => because(code)),
        ),
      )!.code,
    ).toBe(told);
  });

  it("knows every reason of the service in words", () => {
    const codes: Reason["code"][] = [
      "inactive",
      "agreement_expired",
      "rejected_before",
      "time_off",
      "outside_hours",
      "off_duty",
      "offer_limit",
      "no_position",
      "offline",
      "stale_position",
      "mock_location",
      "implausible_position",
      "outside_radius",
    ];
    const { groups } = groupExclusions(answer(codes.map((code) => excluded(code, [because(code)]))), "UTC");
    expect(groups).toHaveLength(codes.length);
    for (const { text } of groups) expect(text).toMatch(/^1 \w+/);
  });

  it.each([
    [[], null],
    [[excluded("a", [because("outside_radius", { radius_m: 7_120 })])], 7_500],
    [
      [
        excluded("a", [because("outside_radius", { radius_m: 23_000 })]),
        excluded("b", [because("outside_radius", { radius_m: 12_001 })]),
      ],
      15_000,
    ],
    [[excluded("a", [because("outside_radius", { radius_m: 6_900 }), because("time_off")])], null],
    [[excluded("a", [because("off_duty")], null)], null],
  ])("widens as far as the nearest whom only the distance keeps (%#)", (people, radius) => {
    expect(wideningRadius(answer(people as Exclusion[]))).toBe(radius);
  });
});

describe("providers who can be asked all the same", () => {
  const of = (id: string, name: string, code: Reason["code"], distance_m: number | null) => ({
    ...excluded(name, [because(code)], distance_m),
    provider: { id, name: id.toUpperCase() },
  });

  it("are told by their nearest, once each, where a call may change what is in the way", () => {
    const people = [
      of("fixers", "Far", "outside_radius", 9_000),
      of("fixers", "Near", "outside_hours", 2_000),
      of("menders", "Off", "off_duty", null),
      of("ended", "Ended", "agreement_expired", 100),
      of("others", "Other", "wrong_group", 100),
      excluded("own", [because("off_duty")]),
    ];
    expect(askableProviders(answer(people)).map(({ name }) => name)).toEqual(["Near", "Off"]);
  });
});
