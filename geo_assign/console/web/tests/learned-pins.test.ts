import { expect, test } from "vitest";
import type { LearnedPin, PinVisit, WorkOrder } from "../src/api/types";
import { movedBy } from "../src/model/geometry";
import { pinQuestions } from "../src/model/learnedPins";
import { driveError, type Insight, learnedApart } from "../src/pages/insight/model";
import { at, order } from "./made";

const HERE = { lat: 41, lon: -30 };

function visit(changes: Partial<PinVisit> = {}): PinVisit {
  const technician = { id: "ana", name: "Ana" };
  return {
    work_order_id: "o",
    number: "L-1",
    kind: "arrival",
    technician,
    at: at(0),
    off_m: 140,
    agrees: true,
    ...changes,
  };
}

function pin(changes: Partial<LearnedPin> = {}): LearnedPin {
  return {
    id: "pin",
    store_id: "store-1",
    address: "12 Quay Street",
    ...movedBy(HERE, 140, 0),
    state: "proposed",
    visits: 1,
    against: 0,
    moved_m: 140,
    confirmed_by: null,
    decided_by: null,
    decided_at: null,
    seen: [visit()],
    created_at: at(0),
    updated_at: at(0),
    version: 1,
    ...changes,
  };
}

const located = (source: "geocoded" | "pin" | "client"): WorkOrder =>
  order({ location: { ...HERE, source, confidence: null, learned: null } });

test("a proposed place is asked about, with who arrived and how far away", () => {
  const [asked] = pinQuestions(located("geocoded"), [pin()]);
  expect(asked).toMatchObject({ asks: "confirm", only: { technician: { name: "Ana" } } });
  expect(asked?.metres).toBeCloseTo(140, -1);
});

test("of several visits none is named, and one that the user does not see neither", () => {
  expect(pinQuestions(located("geocoded"), [pin({ visits: 2 })])[0]?.only).toBeNull();
  expect(pinQuestions(located("geocoded"), [pin({ seen: [] })])[0]?.only).toBeNull();
  expect(pinQuestions(located("geocoded"), [pin({ seen: [visit({ agrees: false })] })])[0]?.only).toBeNull();
});

test("an order that is there already is told how far the address has moved", () => {
  const there = movedBy(HERE, 2, 0);
  expect(pinQuestions(located("pin"), [pin({ ...there, moved_m: 155 })])[0]?.metres).toBe(155);
  expect(pinQuestions(located("pin"), [pin({ ...there, moved_m: null })])[0]?.metres).toBeNull();
});

test("an order without a place is told how far the address has moved", () => {
  expect(pinQuestions(order({ location: null }), [pin({ moved_m: null })])[0]?.metres).toBeNull();
  expect(pinQuestions(order({ location: null }), [pin()])[0]?.metres).toBe(140);
});

test.each([
  ["geocoded", "assigned", true],
  ["client", "pending", true],
  ["pin", "pending", false],
  ["geocoded", "completed", false],
  ["geocoded", "cancelled", false],
] as const)("a confirmed place moves an order that is %s and %s: %s", (source, state, moves) => {
  const confirmed = pin({ state: "confirmed", visits: 3, confirmed_by: "arrivals" });
  expect(pinQuestions({ ...located(source), state }, [confirmed]).map(({ asks }) => asks)).toEqual(
    moves ? ["move"] : [],
  );
});

test("an order that is there already is left alone, and what was refused is not asked about", () => {
  const there = pin({ state: "confirmed", ...movedBy(HERE, 12, 0) });
  const refused = (["rejected", "withdrawn", "replaced"] as const).map((state) => pin({ state }));
  expect(pinQuestions(located("geocoded"), [there, ...refused])).toEqual([]);
});

test("places that visits taught stand apart from what the geocoder found", () => {
  const places = [
    { source: "geocoded", confidence: "rooftop", orders: 10, learned: 7 },
    { source: "pin", confidence: null, orders: 4, learned: 0 },
  ];
  const rows = learnedApart({ places } as unknown as Insight);
  expect(rows.map(({ source, orders, learned }) => [source, orders, learned])).toEqual([
    ["geocoded", 7, true],
    ["pin", 4, false],
    ["geocoded", 3, false],
  ]);
});

test("how far off times were is weighted by the drives of each hour", () => {
  const hour = { provider: "straight_line", took_s: 900 };
  const drives = [
    { ...hour, hour: 8, drives: 3, estimated_off_s: 400, told_off_s: 100 },
    { ...hour, hour: 17, drives: 1, estimated_off_s: 800, told_off_s: 300 },
  ];
  expect(driveError({ drives } as unknown as Insight)).toEqual({ drives: 4, estimated_s: 500, told_s: 150 });
  const routed = [{ ...hour, provider: "osrm", hour: 8, drives: 4, estimated_off_s: 900, told_off_s: 60 }];
  const both = [...drives, ...routed] as Insight["drives"];
  expect(driveError({ drives: both } as unknown as Insight)).toEqual({ drives: 4, estimated_s: 900, told_s: 60 });
  const few = [...drives, { ...routed[0], drives: 3 }] as Insight["drives"];
  expect(driveError({ drives: few } as unknown as Insight)).toEqual({ drives: 4, estimated_s: 500, told_s: 150 });
  expect(driveError({ drives: [] } as unknown as Insight)).toBeNull();
});
