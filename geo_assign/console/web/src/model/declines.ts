/** Who was asked for an order and did not take it, from its history. */
import type { HistoryEvent } from "../api/types";

export interface Decline {
  /** Of the event. */
  id: string;
  technicianId: string;
  /** Null where the history does not say it. */
  name: string | null;
  how: "rejected" | "expired";
  reason: string | null;
  at: string;
}

/** The newest first. */
export function declinesOf(events: readonly HistoryEvent[]): Decline[] {
  const declines = events.flatMap(({ id, kind, actor, at, detail }): Decline[] => {
    if (kind !== "rejected" && kind !== "offer_expired") return [];
    const technicianId = detail.technician_id ?? "";
    const name = actor.kind === "technician" ? actor.name : null;
    const how = kind === "rejected" ? "rejected" : "expired";
    return [{ id, technicianId, name, how, reason: detail.reason ?? null, at }];
  });
  return declines.sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
