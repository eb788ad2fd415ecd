/** What a move on the board means for the work order, and what the card says of it. */
import type { Client } from "../../api/client";
import { ifMatch } from "../../api/client";
import type { Choice, WorkOrder } from "../../api/types";
import { reasonText } from "../../model/nearest";
import { firstName, travelTime } from "../../model/words";
import { texts } from "../../texts/console";
import { clockAt, MINUTE_MS } from "./axis";
import { spanOf, timeText } from "./calendar";
import type { Place } from "./moving";
import { isUnassigned } from "./rows";

/** `give` it to a technician, move it there in time, `reallocate` it, take it back, or move what waits in time. */
export type Deed = "give" | "reschedule" | "reallocate" | "unassign" | "wait" | "none";
export type Mode = "offer" | "assign";

const sameTime = (a: Place, b: Place) => a.startMs === b.startMs && a.endMs === b.endMs;

export function deedOf(order: Pick<WorkOrder, "state">, from: Place, at: Place): Deed {
  const waits = order.state === "new" || order.state === "pending";
  const moves = waits || order.state === "offered" || order.state === "assigned";
  const sameRow = from.rowId === at.rowId || (isUnassigned(from.rowId) && isUnassigned(at.rowId));
  if (!moves || (sameRow && sameTime(from, at))) return "none";
  if (isUnassigned(at.rowId)) return isUnassigned(from.rowId) ? "wait" : "unassign";
  if (order.state !== "assigned") return "give";
  return sameRow ? "reschedule" : "reallocate";
}

/** Whether the service is asked what a technician there would mean. */
export const asksForChoice = (deed: Deed) => deed === "give" || deed === "reallocate" || deed === "reschedule";

export const hasModes = (deed: Deed) => deed === "give" || deed === "reallocate";

const slotOf = ({ startMs, endMs }: Place) => ({
  start: new Date(startMs).toISOString(),
  end: new Date(endMs).toISOString(),
});

export function askForChoice(client: Client, orderId: string, from: Place, at: Place): Promise<Choice> {
  const params = { path: { id: orderId } };
  const body = { technician_id: at.rowId, ...(sameTime(from, at) ? {} : { slot: slotOf(at) }) };
  return client.answered(client.api.POST("/v1/work-orders/{id}/assign/preview", { params, body }));
}

export interface Step {
  deed: Deed;
  order: WorkOrder;
  from: Place;
  at: Place;
  mode: Mode;
}

/** Do it: one call, all or nothing. Throws ApiProblem. */
export function perform(client: Client, { deed, order, from, at, mode }: Step): Promise<WorkOrder> {
  const params = { path: { id: order.id }, header: ifMatch(order) };
  const slot = sameTime(from, at) ? undefined : slotOf(at);
  switch (deed) {
    case "give": {
      const body = { technician_id: at.rowId, mode, slot };
      return client.answered(client.api.POST("/v1/work-orders/{id}/assign", { params, body }));
    }
    case "reallocate": {
      const body = { technician_id: at.rowId, mode, slot };
      return client.answered(client.api.POST("/v1/work-orders/{id}/reallocate", { params, body }));
    }
    case "unassign":
      return client.answered(client.api.POST("/v1/work-orders/{id}/unassign", { params }));
    default:
      return client.answered(client.api.PATCH("/v1/work-orders/{id}", { params, body: { slot: slotOf(at) } }));
  }
}

export interface Line {
  tone: "ok" | "warn" | "bad";
  text: string;
  /** An order that the line is about, to be opened. */
  opens?: { orderId: string; number: string };
}

interface Told {
  deed: Deed;
  order: WorkOrder;
  from: Place;
  at: Place;
  choice: Choice | null;
  nowMs: number;
  zone: string;
}

/** What the card says before anything is done. */
export function linesOf({ deed, order, from, at, choice, nowMs, zone }: Told): Line[] {
  const words = texts.value.board;
  const lines: Line[] = choice
    ? [...canGo(choice, zone), ...arrival(choice, zone), ...wayOn(choice, zone), ...nearer(choice)]
    : [];
  if (deed === "none") lines.push({ tone: "warn", text: words.nothingChanges });
  if (deed === "unassign")
    lines.push({ tone: "ok", text: order.state === "offered" ? words.offerEnds : words.backToWait });
  if (deed === "give" && order.state === "offered") lines.push({ tone: "warn", text: words.offerEnds });
  if (deed === "reschedule" && order.collaborators.length > 0) lines.push({ tone: "warn", text: words.crewMoves });
  if (deed !== "unassign" && !sameTime(from, at) && at.startMs < nowMs) {
    lines.push({ tone: "warn", text: words.pastStart });
  }
  return lines;
}

function canGo(choice: Choice, zone: string): Line[] {
  const words = texts.value.board;
  const lines: Line[] = choice.available ? [{ tone: "ok", text: words.free }] : [];
  if (choice.conflict) {
    const { number, work_order_id: orderId } = choice.conflict;
    const line: Line = {
      tone: "bad",
      text: words.conflict(number ?? words.otherWork, timeText(spanOf(choice.conflict), zone)),
    };
    lines.push(number && orderId ? { ...line, opens: { orderId, number } } : line);
  }
  for (const reason of choice.reasons) {
    if (reason.code !== "slot_taken" || !choice.conflict)
      lines.push({ tone: "warn", text: sentence(reasonText(reason)) });
  }
  if (choice.may_assign && !choice.may_offer) lines.push({ tone: "warn", text: words.mustAssign });
  return lines;
}

const sentence = (text: string) => text.charAt(0).toLocaleUpperCase() + text.slice(1);

function arrival(choice: Choice, zone: string): Line[] {
  const words = texts.value.board;
  if (choice.eta_s === null)
    return choice.distance_m === null && choice.available ? [{ tone: "ok", text: words.noWay }] : [];
  const way = travelTime(choice.eta_s);
  if (choice.arrives_at === null) return [{ tone: "ok", text: words.wayIs(way) }];
  const arrives = Date.parse(choice.arrives_at);
  const lateMs = arrives - Date.parse(choice.slot.start);
  const time = clockAt(arrives, zone);
  if (lateMs >= MINUTE_MS) return [{ tone: "warn", text: words.tooLate(time, travelTime(lateMs / 1000)) }];
  if (!choice.previous) return [{ tone: "ok", text: words.arrivesLive(time, way) }];
  return [{ tone: "ok", text: words.arrivesFrom(time, clockAt(Date.parse(choice.previous.start), zone), way) }];
}

function wayOn({ following, slot, travel_after_s: wayS }: Choice, zone: string): Line[] {
  if (!following || wayS === null) return [];
  const words = texts.value.board;
  const starts = Date.parse(following.start);
  const job = clockAt(starts, zone);
  const lateMs = Date.parse(slot.end) + wayS * 1000 - starts;
  if (lateMs >= MINUTE_MS) return [{ tone: "warn", text: words.lateForNext(job, travelTime(lateMs / 1000)) }];
  return [{ tone: "ok", text: words.wayToNext(job, travelTime(wayS)) }];
}

function nearer({ nearer: people }: Choice): Line[] {
  const words = texts.value.board;
  const [first, ...others] = people;
  if (!first) return [];
  const [name, way] = [firstName(first.name), travelTime(first.eta_s)];
  return [
    { tone: "warn", text: others.length > 0 ? words.nearerMore(name, way, others.length) : words.nearer(name, way) },
  ];
}
