/** The pending list: what it shows, in which order, and what became of what left it. */
import type { Bucket, OrderState, WorkOrder } from "../api/types";
import { texts } from "../texts/console";
import { firstName } from "./words";
import { moment } from "./zone";

export type PendingBucket = Exclude<Bucket, "taken" | "closed">;

export interface PendingGroup {
  bucket: PendingBucket;
  /** With those that are being struck through. */
  orders: WorkOrder[];
  /** How many of them wait: those that are struck through do not. */
  count: number;
}

/** An order that a colleague took while it was on the screen. */
export interface Farewell {
  order: WorkOrder;
  /** Where it stood, so that it does not jump while it is read. */
  from: WorkOrder;
  text: string;
  atMs: number;
}

export const FAREWELL_MS = 5_000;
const FINISHED: ReadonlySet<OrderState> = new Set(["completed", "cancelled", "converted"]);

const TAKEN: ReadonlySet<OrderState> = new Set(["assigned", "travelling", "on_site", "in_progress"]);

/** Whether a technician has the order; it may need a dispatcher all the same. */
export function isTaken(order: { state: OrderState }): boolean {
  return TAKEN.has(order.state);
}

const byTime = (read: (order: WorkOrder) => string) => (a: WorkOrder, b: WorkOrder) =>
  Date.parse(read(a)) - Date.parse(read(b)) || (a.id < b.id ? -1 : 1);

const GROUPS: { bucket: PendingBucket; order: (a: WorkOrder, b: WorkOrder) => number }[] = [
  { bucket: "needs_you", order: byTime((order) => order.created_at) },
  {
    bucket: "being_offered",
    order: byTime((order) => order.offer?.expires_at ?? order.created_at),
  },
  { bucket: "later", order: byTime((order) => order.slot.start) },
];

export function isPending(order: WorkOrder): boolean {
  return order.bucket !== "taken" && order.bucket !== "closed";
}

export function isFinished(order: WorkOrder): boolean {
  return FINISHED.has(order.state);
}

/** The three groups; a struck order stands where it stood until its farewell is over. */
export function groupPending(orders: Iterable<WorkOrder>, farewells: readonly Farewell[] = []): PendingGroup[] {
  const waiting = [...orders].filter(isPending);
  const present = new Set(waiting.map((order) => order.id));
  const leaving = farewells.map(({ from }) => from).filter((order) => !present.has(order.id));
  const of = (bucket: PendingBucket, from: WorkOrder[]) => from.filter((each) => each.bucket === bucket);
  return GROUPS.map(({ bucket, order }) => ({
    bucket,
    orders: of(bucket, [...waiting, ...leaving]).sort(order),
    count: of(bucket, waiting).length,
  }));
}

const LATE_AFTER_MS = 5 * 60_000;
const NOT_THERE: ReadonlySet<OrderState> = new Set(["assigned", "travelling"]);

/** By how much the technician is late, in seconds: the slot has begun, and the work has not. 0 when not late. */
export function lateBy(order: WorkOrder, nowMs: number): number {
  const behind = nowMs - Date.parse(order.slot.start);
  return NOT_THERE.has(order.state) && behind > LATE_AFTER_MS ? Math.floor(behind / 1000) : 0;
}

/** The orders whose technician is late, the latest first. */
export function listLate(orders: Iterable<WorkOrder>, nowMs: number): WorkOrder[] {
  return [...orders]
    .filter((order) => lateBy(order, nowMs) > 0)
    .sort((a, b) => Date.parse(a.slot.start) - Date.parse(b.slot.start));
}

/** One line of orders as the keys J and K walk it. */
export function inOrder(groups: readonly PendingGroup[]): WorkOrder[] {
  return groups.flatMap((group) => group.orders);
}

/** The id that is `step` rows away; the first (or last) when nothing is selected, staying at the ends. */
export function neighbour(ids: readonly string[], selected: string | null, step: 1 | -1): string | null {
  if (ids.length === 0) return null;
  const at = selected === null ? -1 : ids.indexOf(selected);
  if (at < 0) return (step === 1 ? ids[0] : ids.at(-1)) ?? null;
  return ids[Math.min(ids.length - 1, Math.max(0, at + step))] ?? null;
}

/** What happened to an order that was pending and no longer is; null when it still is. `meId` is the reader. */
export function farewellText(before: WorkOrder, after: WorkOrder, meId = ""): string | null {
  if (!isPending(before) || isPending(after)) return null;
  const words = texts.value.waiting;
  const who = changerName(after, meId);
  if (after.state === "cancelled") return who ? words.cancelledBy(who) : words.cancelled;
  if (after.state === "converted") return words.converted;
  const taker = after.assignee?.name;
  if (!taker) return words.done;
  if (before.assignee?.id === after.assignee?.id) return words.keeps(taker);
  const byUser = after.changed_by.kind === "user";
  if (!byUser && before.offer?.technician_id === after.assignee?.id) return words.accepted(taker);
  return who ? words.assignedBy(who, taker) : words.has(taker);
}

function changerName({ changed_by: who, assignee }: WorkOrder, meId: string): string | null {
  if (!who || who.name === assignee?.name) return null;
  return who.id === meId ? texts.value.waiting.you : firstName(who.name);
}

/** Why an order waits, in a few words. */
export function waitingFor(order: WorkOrder, nowMs: number, zone: string): string {
  const words = texts.value.waiting;
  if (order.pending_reason === "needs_location") {
    return order.location_candidates.length > 0 ? words.whichAddress : words.addressNotFound;
  }
  if (isTaken(order)) return order.assignee ? words.cannotGo(order.assignee.name) : words.technicianCannotGo;
  if (order.bucket === "later") return moment(Date.parse(order.slot.start), nowMs, zone);
  return words.reasons[order.pending_reason ?? ""] ?? (order.location ? words.waits : words.noAddress);
}

/** `12 Quay Street` of `12 Quay Street, 4000-001 Porto`. */
export function shortAddress(address: string | null): string {
  return address?.split(",")[0]?.trim() || texts.value.waiting.noStreet;
}
