/** A technician's day: the work of today in its order, what is next, and what comes on other days. */

import { metresBetween } from "../../model/geometry";
import { localDate } from "../../model/zone";
import type { LatLon, Schemas } from "../api/types";
import { stateAfter, type Update } from "../updates/update";
import { isUnderWay } from "../work/steps";

export type WorkOrder = Schemas["WorkOrderAnswer"];
export type ScheduledWork = Schemas["ScheduledWorkAnswer"];

/** A work order as the technician sees it. */
export interface Job {
  order: WorkOrder;
  leads: boolean;
  /** Where it stands once what waits on the phone is sent. */
  state: WorkOrder["state"];
  /** The IANA zone of its store. */
  zone: string;
}

export interface Day {
  /** Of today: overdue and under way, too; done ones stay until midnight. */
  jobs: Job[];
  next: Job | null;
  done: number;
  /** Later work, by local date such as `2026-11-25`. */
  later: Map<string, Job[]>;
}

interface Known {
  schedule: readonly ScheduledWork[];
  done: readonly WorkOrder[];
  waiting: readonly Update[];
  zoneOf: (storeId: string) => string;
  technicianId: string;
  nowMs: number;
}

export function planDay(known: Known): Day {
  const jobs = [...scheduled(known), ...finished(known)].sort(bySlot);
  const isDone = (job: Job) => job.state === "completed";
  const isLater = (job: Job) => !isDone(job) && !isUnderWay(job.state) && isAfterToday(job, known.nowMs);
  const today = jobs.filter((job) => !isLater(job));
  const open = today.filter((job) => !isDone(job));
  return {
    jobs: today,
    next: open.find((job) => isUnderWay(job.state)) ?? open[0] ?? null,
    done: today.filter(isDone).length,
    later: byDate(jobs.filter(isLater)),
  };
}

function scheduled({ schedule, waiting, zoneOf }: Known): Job[] {
  return schedule.map((order) => ({
    order,
    leads: order.role === "primary",
    state: stateAfter(order.state, order.id, waiting),
    zone: zoneOf(order.store_id),
  }));
}

/** Work that is done is on no schedule; of it only what was for today is shown. */
function finished({ done, schedule, zoneOf, technicianId, nowMs }: Known): Job[] {
  const known = new Set(schedule.map(({ id }) => id));
  return done
    .filter((order) => !known.has(order.id) && order.state === "completed")
    .map((order) => ({
      order,
      leads: order.assignee?.id === technicianId,
      state: order.state,
      zone: zoneOf(order.store_id),
    }))
    .filter(
      ({ order, zone }) =>
        isToday(Date.parse(order.slot.start), nowMs, zone) || isToday(Date.parse(order.updated_at), nowMs, zone),
    );
}

const isToday = (ms: number, nowMs: number, zone: string) => localDate(ms, zone) === localDate(nowMs, zone);

function isAfterToday({ order, zone }: Job, nowMs: number): boolean {
  return localDate(Date.parse(order.slot.start), zone) > localDate(nowMs, zone);
}

function byDate(jobs: readonly Job[]): Map<string, Job[]> {
  const days = new Map<string, Job[]>();
  for (const job of jobs) {
    const date = localDate(Date.parse(job.order.slot.start), job.zone);
    days.set(date, [...(days.get(date) ?? []), job]);
  }
  return days;
}

function bySlot(a: Job, b: Job): number {
  return (
    Date.parse(a.order.slot.start) - Date.parse(b.order.slot.start) || a.order.number.localeCompare(b.order.number)
  );
}

/** The way from a place to a work order: the straight line, and what it takes on the road by the service's estimate. */
export interface Way {
  distance_m: number;
  drive_s: number;
}

const DETOUR = 1.4;
const TOWN_SPEED_MPS = 8.3;

export function wayTo(order: Pick<WorkOrder, "location">, from: LatLon | null): Way | null {
  if (order.location === null || from === null) return null;
  const distance_m = metresBetween(from, order.location);
  return { distance_m, drive_s: (distance_m * DETOUR) / TOWN_SPEED_MPS };
}

/** When to set out, in milliseconds; null once under way, or where the way is not known. */
export function leaveBy(job: Job, way: Way | null): number | null {
  if (way === null || job.state !== "assigned") return null;
  return Date.parse(job.order.slot.start) - way.drive_s * 1000;
}

/** The first work after an offered slot on the same day: does the offer fit before it? */
export function workAfter(jobs: readonly Job[], slotEnd: string): Job | null {
  const end = Date.parse(slotEnd);
  return jobs.find((job) => job.state !== "completed" && Date.parse(job.order.slot.start) >= end) ?? null;
}
