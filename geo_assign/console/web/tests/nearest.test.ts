import { describe, expect, it } from "vitest";
import type { Exclusion, Reason } from "../src/api/types";
import {
  dayAxis,
  dayStrip,
  excludedSummary,
  exclusionText,
  headline,
  howKnown,
  mergeRanking,
  RANK_IN_ADDRESS,
  rankedFor,
  wantedRank,
  workloadText,
} from "../src/model/nearest";
import { at, candidate, NOON, nearest } from "./made";

const slot = { start: at(60), end: at(120) };
const position = (changes: object) => ({ position: { ...candidate("x").position, ...changes } });

describe("how a position is known", () => {
  const known = (changes: object) => howKnown(candidate("ana", changes), slot, NOON + 12_000, "UTC");

  it("is live with its age and accuracy", () => {
    expect(known({})).toEqual({ how: "live", detail: "12 s ago, ±8 m", fresh: true, planned: false });
    expect(known(position({ accuracy_m: null })).detail).toBe("12 s ago");
  });

  it("is old after a minute, and says so", () => {
    expect(known(position({ recorded_at: at(-3) }))).toMatchObject({ how: "3 min old", fresh: false });
    // Never "live 1 min ago" beside "1 min old".
    expect(known(position({ recorded_at: at(-0.8) })).how).toMatch(/1 min old/);
  });

  it("is unknown when its age is unknown, never live", () => {
    expect(known(position({ recorded_at: null }))).toMatchObject({ how: "age unknown", fresh: false });
  });

  it("is planned from the job before, home or the store", () => {
    const day = [{ start: at(0), end: at(30), kind: "lead", state: "assigned" }];
    expect(known({ ...position({ provenance: "previous_appointment" }), day })).toMatchObject({
      how: "from 12:30 job",
      planned: true,
    });
    expect(known(position({ provenance: "home_base" })).how).toBe("home base, starts 08:00");
    const always = { ...position({ provenance: "home_base" }), hours: [{ start: at(-720), end: at(720) }] };
    expect(known(always).how).toBe("home base");
    expect(known(position({ provenance: "store" })).how).toBe("from the store");
  });
});

describe("a ranking on the screen", () => {
  it("takes new figures while the order stays", () => {
    const fresh = nearest(["ana", "rui"], { radius_m: 7000 });
    expect(mergeRanking(nearest(["ana", "rui"]), fresh)).toEqual({ answer: fresh, waiting: null, changes: 0 });
  });

  it("moves no row under the reader: another order waits", () => {
    const shown = nearest(["ana", "rui", "bea"]);
    const fresh = nearest(["rui", "ana", "bea"]);
    expect(mergeRanking(shown, fresh)).toEqual({ answer: shown, waiting: fresh, changes: 2 });
    expect(mergeRanking(shown, nearest(["ana"])).changes).toBe(2);
  });
});

describe("a day in one line", () => {
  const day = [
    { start: at(-120), end: at(-60), kind: "ticket" as const, state: "completed" as const },
    { start: at(180), end: at(240), kind: "lead" as const, state: "offered" as const },
  ];
  const answer = nearest(["ana"]);
  const axis = dayAxis(answer, "UTC");

  it("spans at least eleven hours around all hours", () => {
    expect((axis.endMs - axis.startMs) / 3_600_000).toBeGreaterThanOrEqual(11);
    expect(axis.ticks.map(({ text }) => text)).toContain("12");
  });

  it("keeps to the hours around the slot when people work around the clock", () => {
    const always = nearest(["ana"]);
    always.candidates[0]!.hours = [{ start: at(-720), end: at(720) }];
    const day = dayAxis(always, "UTC");
    expect((day.endMs - day.startMs) / 3_600_000).toBe(14);
    expect(day.startMs).toBe(NOON - 6 * 3_600_000);
  });

  it("shows work by kind, a held slot, time off, the wanted slot and now", () => {
    const parts = dayStrip(candidate("ana", { day }), slot, axis, NOON);
    expect(parts.map(({ kind }) => kind)).toEqual(["off", "off", "ticket", "hold", "slot", "now"]);
    expect(parts.every(({ left, width }) => left >= 0 && left + width <= 100.001)).toBe(true);
  });

  it("hatches nothing when the hours are not known", () => {
    expect(dayStrip(candidate("ana", { hours: undefined }), slot, axis, NOON).map(({ kind }) => kind)).toEqual([
      "slot",
      "now",
    ]);
  });
});

describe("who cannot go", () => {
  const excluded = (code: string, changes: object = {}): Exclusion => ({
    technician_id: code,
    name: "Rui Matos",
    provider: null,
    presence: "on_duty",
    last_seen_at: at(-30),
    distance_m: 410,
    // A service may be newer than this console: a code that it does not know, and no words for it.
    reasons: [{ code, detail: null, needed: {} } as unknown as Reason],
    ...changes,
  });

  it("is explained in words", () => {
    expect(exclusionText(excluded("slot_taken"), NOON, "UTC")).toBe("already booked then");
    expect(
      exclusionText(
        excluded("slot_taken", { reasons: [{ code: "slot_taken", detail: "booked to 16:10" }] }),
        NOON,
        "UTC",
      ),
    ).toBe("booked to 16:10");
    expect(exclusionText(excluded("some_new_code"), NOON, "UTC")).toBe("some new code");
  });

  it("shows when a technician off duty was seen, never where", () => {
    const off = excluded("off_duty", {
      distance_m: null,
      reasons: [
        { code: "off_duty", detail: "off duty for 30 min" },
        { code: "offline", detail: "x" },
      ],
    });
    expect(exclusionText(off, NOON, "UTC")).toBe("off duty, last seen 11:30");
    expect(exclusionText({ ...off, last_seen_at: null }, NOON, "UTC")).toBe("off duty, never seen");
  });

  it("names a technician who is nearer than the first choice", () => {
    const answer = nearest(["ana"], { excluded: [excluded("slot_taken"), excluded("off_duty", { distance_m: null })] });
    expect(excludedSummary(answer)).toEqual({ count: 2, hint: "Rui is nearer, but already booked then" });
    expect(excludedSummary(nearest([], { excluded: [excluded("time_off")] })).hint).toBe(
      "Rui is nearest, but has time off",
    );
    expect(excludedSummary(nearest(["ana"], { excluded: [excluded("time_off", { distance_m: 9000 })] })).hint).toBe("");
  });
});

describe("what comes first", () => {
  it("is in the address, and otherwise as the store has it", () => {
    expect(["time", "distance", "fame", null].map(wantedRank)).toEqual(["drive_time", "distance", null, null]);
    expect(wantedRank(RANK_IN_ADDRESS.drive_time)).toBe("drive_time");
  });

  it("was to be drive time where a router was asked, though it failed", () => {
    const problem = { code: "timeout" as const, detail: "Too late." };
    const routing = { router: "osrm" as const, asked: 0, requests: 1, kept: 0, without_drive: 0, problem };
    expect(rankedFor(nearest(["ana"], { routing }))).toBe("drive_time");
    expect(rankedFor(nearest(["ana"]))).toBe("distance");
  });

  it("compares straight lines with straight lines", () => {
    const best = candidate("ana", { distance_m: 2600, straight_m: 2000 });
    const reasons: Reason[] = [{ code: "time_off", detail: "has time off", needed: {} }];
    const told = {
      technician_id: "rui",
      name: "Rui",
      provider: null,
      presence: "on_duty" as const,
      last_seen_at: null,
    };
    const rui: Exclusion = { ...told, distance_m: 2300, reasons };
    expect(excludedSummary(nearest([], { candidates: [best], excluded: [rui] })).hint).toBe("");
  });
});

describe("figures in words", () => {
  it("say how many can go and what is left out", () => {
    expect(headline(nearest(["ana", "rui"]))).toEqual({ main: "2 can go", rest: "within 5 km" });
    expect(headline(nearest(["ana"], { counts: { ...nearest([]).counts, available: 12 } }))).toEqual({
      main: "More than 1 can go",
      rest: "nearest shown, within 5 km",
    });
    expect(headline(nearest([])).main).toBe("No technician can go");
  });

  it("tell a day's work, and what of it is late", () => {
    expect(workloadText(candidate("ana"))).toBe("3 today");
    expect(workloadText(candidate("ana", { workload: { today: 3, overdue: 1, open_offers: 0 } }))).toBe(
      "3 today, 1 late",
    );
    expect(workloadText(candidate("ana", { workload: undefined }))).toBe("");
  });
});
