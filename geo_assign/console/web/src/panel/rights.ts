/** What may be done with an order that a technician has, or that waits. */
import type { Me, WorkOrder } from "../api/types";
import { isFinished } from "../model/pending";

/** Whether this user may give it to another technician now. */
export function mayReplace(order: WorkOrder, me: Me): boolean {
  return order.state === "assigned" && order.location !== null && canReallocate(me);
}

/** Administrators have the permission; dispatchers where it was given. */
export function canReallocate({ user: { role, permissions } }: Me): boolean {
  return role !== "dispatcher" || permissions.includes("reallocate");
}

/** Whether this user may change work that a technician is under way to, with a reason. */
export function canForce({ user: { role, permissions } }: Me): boolean {
  return role !== "dispatcher" || permissions.includes("force_travelling");
}

/** Settings are for administrators of the organization and of stores. */
export function mayOpenSettings({ user: { role } }: Me): boolean {
  return role === "administrator" || role === "store_administrator";
}

/** Whether it may go to another store or group: work that has begun moves on its own page, by force. */
export function maySend(order: WorkOrder): boolean {
  return !isFinished(order) && !UNDER_WAY.has(order.state);
}

const UNDER_WAY: ReadonlySet<WorkOrder["state"]> = new Set(["travelling", "on_site", "in_progress"]);
