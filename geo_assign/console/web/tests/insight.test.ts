import { describe, expect, it } from "vitest";
import {
  allChosen,
  answered,
  coverageGrid,
  csvOf,
  daysOf,
  exactShare,
  type Insight,
  lastDays,
  minutesOf,
  nearestShare,
  periodOf,
  presetOf,
  shortest,
  slowestStores,
  tightest,
  unevenness,
  usualWait,
  waitingBars,
} from "../src/pages/insight/model";
import { at, NOON } from "./made";

const ZONE = "Europe/Lisbon";

function insight(changes: Partial<Insight> = {}): Insight {
  return {
    acceptance: { accepted: 0, rejected: 0, expired: 0, withdrawn: 0, open: 0, median_s: null },
    accepted_after: [],
    assigned_after: [],
    waiting: [],
    demand: [],
    duty: [],
    duty_known: 1,
    load: [],
    places: [],
    drives: [],
    chosen: [],
    by_store: [],
    timezone: ZONE,
    server_now: at(0),
    ...changes,
  };
}

describe("a period", () => {
  it("is the last days of the store", () => {
    expect(lastDays(7, NOON, ZONE)).toEqual({ from: "2026-11-16", to: "2026-11-22" });
    // Past midnight there, not yet here.
    expect(lastDays(1, Date.parse("2026-11-22T14:30:00Z"), "Pacific/Auckland").to).toBe("2026-11-23");
    expect(presetOf(lastDays(30, NOON, ZONE), NOON, ZONE)).toBe(30);
    expect(presetOf({ from: "2026-11-15", to: "2026-11-22" }, NOON, ZONE)).toBeNull();
    expect(presetOf({ from: "2026-11-15", to: "2026-11-21" }, NOON, ZONE)).toBeNull();
  });

  it.each([
    [null, null],
    ["2026-11-22", "2026-11-01"],
    ["yesterday", "2026-11-01"],
    ["2026-11-01", null],
  ])("of %s and %s is the last seven days", (from, to) => {
    expect(periodOf(from, to, NOON, ZONE)).toEqual(lastDays(7, NOON, ZONE));
  });

  it("has all its days, across a change of the clocks", () => {
    expect(daysOf({ from: "2026-10-24", to: "2026-10-26" })).toEqual(["2026-10-24", "2026-10-25", "2026-10-26"]);
    expect(daysOf({ from: "1900-01-01", to: "2026-10-26" })).toHaveLength(366);
  });
});

describe("a finding", () => {
  it("counts only what came to an end by the technician or the clock", () => {
    const acceptance = { accepted: 6, rejected: 1, expired: 1, withdrawn: 40, open: 9, median_s: 60 };
    expect(answered(insight({ acceptance }))).toEqual({ ended: 8, share: 0.75 });
    expect(answered(insight()).share).toBeNull();
  });

  it("has every minute", () => {
    expect(
      minutesOf(
        insight({
          accepted_after: [
            { minute: 2, offers: 3 },
            { minute: 10, offers: 1 },
          ],
        }),
      ),
    ).toEqual([0, 3, 0, 0, 0, 0, 0, 0, 0, 1]);
  });

  it("weighs days by their orders", () => {
    const assigned_after = [
      { day: "2026-11-20", kind: "lead" as const, orders: 9, median_s: 100 },
      { day: "2026-11-21", kind: "lead" as const, orders: 1, median_s: 1100 },
      { day: "2026-11-21", kind: "ticket" as const, orders: 1, median_s: 5 },
    ];
    expect(usualWait(insight({ assigned_after }), "lead")).toBe(200);
    expect(usualWait(insight(), "lead")).toBeNull();
  });

  it("puts the commonest reason first, leads and tickets together", () => {
    const waiting = [
      { reason: "suggested" as const, kind: "lead" as const, orders: 2, oldest_at: at(0) },
      { reason: "slot_passed" as const, kind: "lead" as const, orders: 1, oldest_at: at(0) },
      { reason: "slot_passed" as const, kind: "ticket" as const, orders: 2, oldest_at: at(0) },
    ];
    expect(waitingBars(insight({ waiting }), (reason) => reason)).toEqual([
      { name: "slot_passed", lead: 1, ticket: 2 },
      { name: "suggested", lead: 2, ticket: 0 },
    ]);
  });

  it("names the hour that was shortest", () => {
    const demand = [
      { weekday: 1, hour: 9, orders: 9, unserved: 0 },
      { weekday: 5, hour: 16, orders: 4, unserved: 3 },
      { weekday: 5, hour: 11, orders: 4, unserved: 1 },
    ];
    const duty = [
      { weekday: 1, hour: 8, on_duty: 2, free: 1.5 },
      { weekday: 5, hour: 11, on_duty: 3, free: 0.5 },
      { weekday: 5, hour: 16, on_duty: 3, free: 0.5 },
      { weekday: 7, hour: 23, on_duty: 0, free: 0 },
    ];
    const { hours, rows } = coverageGrid(insight({ demand, duty }));
    expect(hours).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16]);
    expect(rows[4]?.[8]).toEqual({ weekday: 5, hour: 16, orders: 4, unserved: 3, onDuty: 3, free: 0.5 });
    expect(rows[0]?.[0]).toMatchObject({ orders: 0, onDuty: 2, free: 1.5 });
    expect(rows[0]?.[1]).toMatchObject({ orders: 9, onDuty: null, free: null });
    expect(rows[6]?.every(({ orders }) => orders === 0)).toBe(true);
    expect(shortest(rows.flat())).toMatchObject({ weekday: 5, hour: 16 });
    expect(shortest(rows.slice(0, 4).flat())).toBeNull();
    expect(tightest(rows.flat())).toMatchObject({ weekday: 5, hour: 11 });
    expect(tightest(rows.slice(0, 4).flat())).toBeNull();
    expect(coverageGrid(insight())).toEqual({ hours: [], rows: [] });
    expect(coverageGrid(insight({ duty })).hours).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16]);
  });

  it("compares the busiest with the middle", () => {
    const load = [9, 4, 3, 1].map((hours) => ({ technician_id: "t", name: "Ana", orders: 1, seconds: hours * 3600 }));
    expect(unevenness(insight({ load }))).toBe(3);
    expect(unevenness(insight({ load: load.slice(0, 1) }))).toBeNull();
  });

  it("takes houses and pins for exact", () => {
    const places = [
      { source: "geocoded", confidence: "rooftop", orders: 6, learned: 2 },
      { source: "pin", confidence: null, orders: 1, learned: 0 },
      { source: "geocoded", confidence: "street", orders: 2, learned: 0 },
      { source: null, confidence: null, orders: 1, learned: 0 },
    ];
    expect(exactShare(insight({ places }))).toBe(0.7);
    expect(exactShare(insight())).toBeNull();
  });
});

describe("a CSV", () => {
  it("holds texts as they are, and no formula", () => {
    expect(
      csvOf([
        ["Name", "Hours"],
        ['Ana "the fox", Ltd', 1.5],
        ["=cmd()", -2],
        ["+351", 0],
        ["@x\ny", 1],
      ]),
    ).toBe('Name,Hours\r\n"Ana ""the fox"", Ltd",1.5\r\n\'=cmd(),-2\r\n\'+351,0\r\n"\'@x\ny",1');
  });
});

describe("the chosen against the nearest", () => {
  const none = { nearest: 0, bands: [0, 0, 0], mean: null };
  const mode = (changes: Partial<Insight["chosen"][number]>) => ({
    mode: "automatic" as const,
    orders: 0,
    outside: 0,
    farther_m: none,
    farther_s: none,
    ...changes,
  });

  it("are counted together, the mean weighted by those farther", () => {
    const told = insight({
      chosen: [
        mode({ farther_s: { nearest: 6, bands: [2, 0, 0], mean: 120 }, farther_m: none }),
        mode({ mode: "manual", farther_s: { nearest: 1, bands: [0, 0, 1], mean: 900 } }),
      ],
    });
    expect(allChosen(told).farther_s).toEqual({ nearest: 7, bands: [2, 0, 1], mean: 380 });
    expect(nearestShare(allChosen(told), "farther_s")).toBe(0.7);
    expect(nearestShare(allChosen(told), "farther_m")).toBeNull();
    expect(allChosen(insight()).farther_m).toEqual(none);
  });
});

describe("stores side by side", () => {
  it("begin with the slowest, and end with those where no work has a technician", () => {
    const store = (store_id: string, orders: number, median_assign_s: number | null) => ({
      store_id,
      orders,
      median_assign_s,
      median_accept_s: null,
      on_duty_s: 0,
      free_s: 0,
      unserved: 0,
      accepted: 0,
      answered: 0,
      nearest: 0,
      chosen: 0,
    });
    const told = insight({
      by_store: [store("a", 1, null), store("b", 1, 60), store("c", 1, 90), store("d", 9, null)],
    });
    expect(slowestStores(told).map(({ store_id }) => store_id)).toEqual(["c", "b", "d", "a"]);
  });
});
