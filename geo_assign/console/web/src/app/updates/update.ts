/** What a technician did, kept in order until the service has it; and what became of it. */
import type { OrderState } from "../../api/types";
import type { Owned } from "../kept/shelves";

export type Step = "travelling" | "on_site" | "in_progress" | "completed";

interface Common extends Owned {
  /** Of this act. A photo has it as its id, so that sending it twice makes one. */
  id: string;
  /** By the server's clock. */
  at: string;
}

interface OfOrder extends Common {
  work_order_id: string;
  number: string;
}

export type Update =
  | (OfOrder & { kind: "status"; step: Step; note: string | null })
  | (OfOrder & { kind: "photo"; image: ArrayBuffer; media_type: string })
  | (OfOrder & { kind: "photo_removed"; photo_id: string })
  | (OfOrder & { kind: "signature"; image: ArrayBuffer; media_type: string })
  | (Common & { kind: "off_duty" });

export type UpdateKind = Update["kind"];

/** Why an update was dropped. */
export type Lost =
  | "reassigned"
  | "cancelled"
  | "completed"
  | "not_leading"
  | "too_late"
  | "too_many_photos"
  | "unreadable"
  | "refused";

/** Told until it has been read. */
export interface Notice extends Owned {
  at: string;
  why: Lost;
  /** Empty where it is not about a work order. */
  number: string;
  /** How many updates were dropped. */
  count: number;
  /** The service's own words. */
  detail: string;
}

export type Outcome = { name: "sent" } | { name: "again" } | { name: "log_in" } | { name: "lost"; why: Lost };

interface Refusal {
  status: number;
  code: string;
  /** Where the work order stands, if the service says. */
  state?: OrderState | undefined;
}

const AGAIN = new Set([0, 408, 425, 429]);

/** What a refusal of the service means for the update that it answers. */
export function outcomeOf({ status, code, state }: Refusal): Outcome {
  if (status === 401 || code === "csrf_token_wrong") return { name: "log_in" };
  if (AGAIN.has(status) || status >= 500) return { name: "again" };
  return { name: "lost", why: whyLost(status, code, state) };
}

function whyLost(status: number, code: string, state: OrderState | undefined): Lost {
  if (status === 404) return "reassigned";
  if (status === 403) return "not_leading";
  if (code === "too_many_photos") return "too_many_photos";
  if (code === "image_unreadable" || status === 413 || status === 415) return "unreadable";
  if (status !== 409) return "refused";
  if (state === "cancelled" || state === "converted") return "cancelled";
  if (state === "completed") return "completed";
  return state === undefined || state === "assigned" || state === "pending" || state === "offered"
    ? "reassigned"
    : "too_late";
}

/** Whether what follows for the same work order is lost with it: nothing of it can be sent any more. */
export function endsOrder(why: Lost): boolean {
  return why === "reassigned" || why === "cancelled" || why === "not_leading";
}

/** Where a work order stands once what waits is sent. */
export function stateAfter(state: OrderState, orderId: string, waiting: readonly Update[]): OrderState {
  const steps = waiting.filter((one) => one.kind === "status" && one.work_order_id === orderId);
  const last = steps.at(-1);
  return last?.kind === "status" ? last.step : state;
}

/** The updates of one work order. */
export function ofOrder(orderId: string, waiting: readonly Update[]): Update[] {
  return waiting.filter((one) => one.kind !== "off_duty" && one.work_order_id === orderId);
}
