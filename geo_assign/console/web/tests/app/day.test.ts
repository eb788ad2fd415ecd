import { expect, test } from "vitest";
import { leaveBy, planDay, type ScheduledWork, type WorkOrder, wayTo, workAfter } from "../../src/app/today/day";
import type { Update } from "../../src/app/updates/update";
import { order, scheduled, step } from "./made";

interface Given {
  schedule?: ScheduledWork[];
  done?: WorkOrder[];
  waiting?: Update[];
  now?: string;
  zone?: string;
}

const plan = ({
  schedule = [],
  done = [],
  waiting = [],
  now = "2026-11-30T09:00:00Z",
  zone = "Europe/Lisbon",
}: Given) => planDay({ schedule, done, waiting, zoneOf: () => zone, technicianId: "ana", nowMs: Date.parse(now) });

const at = (id: string, start: string, more: object = {}) => scheduled({ id, start, ...more });
const ids = (jobs: readonly { order: { id: string } }[]) => jobs.map((job) => job.order.id);

test("today in its order, what is done with it, and other days by their dates", () => {
  const day = plan({
    schedule: [
      at("late", "2026-11-30T17:00:00Z"),
      at("soon", "2026-11-30T10:00:00Z"),
      at("tomorrow", "2026-12-01T08:00:00Z"),
    ],
    done: [
      order({ id: "done", start: "2026-11-30T08:00:00Z", state: "completed" }),
      order({ id: "old", start: "2026-11-20T08:00:00Z", state: "completed" }),
    ],
  });
  expect([ids(day.jobs), day.next?.order.id, day.done]).toEqual([["done", "soon", "late"], "soon", 1]);
  expect([...day.later].map(([date, jobs]) => [date, ids(jobs)])).toEqual([["2026-12-01", ["tomorrow"]]]);
});

test("what is under way is next, overdue work is of today, and both stay past midnight", () => {
  const schedule = [at("a", "2026-11-29T10:00:00Z"), at("b", "2026-11-30T10:00:00Z", { state: "on_site" })];
  const day = plan({ schedule, now: "2026-12-01T00:30:00Z" });
  expect([ids(day.jobs), day.next?.order.id]).toEqual([["a", "b"], "b"]);
});

test("a step that waits on the phone counts already", () => {
  const schedule = [at("a", "2026-11-30T10:00:00Z"), at("b", "2026-11-30T12:00:00Z")];
  const day = plan({ schedule, waiting: [step("travelling", "a"), step("completed", "a")] });
  expect([day.done, day.next?.order.id, day.jobs[0]?.state]).toEqual([1, "b", "completed"]);
});

test.each([
  ["Europe/Lisbon", "2026-11-30T23:30:00Z", ["2026-11-30"]],
  ["Pacific/Auckland", "2026-11-30T23:30:00Z", ["2026-12-01"]],
  ["America/Los_Angeles", "2026-12-01T07:30:00Z", ["2026-11-30"]],
])("a day is the store's (%s)", (zone, start, dates) => {
  const day = plan({ schedule: [at("a", start)], now: "2026-11-27T12:00:00Z", zone });
  expect([...day.later.keys()]).toEqual(dates);
});

test("who comes along does not lead", () => {
  const day = plan({ schedule: [scheduled({ id: "a" }, "collaborator"), scheduled({ id: "b" })] });
  expect(day.jobs.map(({ leads }) => leads)).toEqual([false, true]);
});

test("the way is the straight line, and what it takes on the road", () => {
  const far = order({ more: { location: { lat: 41.16, lon: -8.61, source: "pin", confidence: null, learned: null } } });
  const way = wayTo(far, { lat: 41.15, lon: -8.61 })!;
  expect(way.distance_m).toBeCloseTo(1112, 0);
  expect(way.drive_s).toBeCloseTo(188, 0);
  expect([wayTo(far, null), wayTo(order(), { lat: 0, lon: 0 })]).toEqual([null, null]);
  const [job] = plan({ schedule: [at("a", "2026-11-30T10:00:00Z")] }).jobs;
  expect(new Date(leaveBy(job!, way)!).toISOString().slice(11, 16)).toBe("09:56");
  expect([leaveBy(job!, null), leaveBy({ ...job!, state: "travelling" }, way)]).toEqual([null, null]);
});

test("what comes after an offered slot", () => {
  const { jobs } = plan({ schedule: [at("a", "2026-11-30T10:00:00Z"), at("b", "2026-11-30T17:00:00Z")] });
  expect(workAfter(jobs, "2026-11-30T16:30:00Z")?.order.id).toBe("b");
  expect(workAfter(jobs, "2026-11-30T09:30:00Z")?.order.id).toBe("a");
  expect(workAfter(jobs, "2026-11-30T17:30:00Z")).toBeNull();
});
