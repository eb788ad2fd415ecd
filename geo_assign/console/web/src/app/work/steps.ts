/** Where work stands, and what the technician who leads it may say next. */
import type { OrderState } from "../../api/types";
import type { Step } from "../updates/update";

const ONWARDS: Partial<Record<OrderState, readonly Step[]>> = {
  assigned: ["travelling", "on_site", "in_progress"],
  travelling: ["on_site", "in_progress", "completed"],
  on_site: ["in_progress", "completed"],
  in_progress: ["completed"],
};

/** The usual next step; null where there is none. */
export function nextStep(state: OrderState): Step | null {
  return ONWARDS[state]?.[0] ?? null;
}

/** What else may be said: steps that leave others out. */
export function otherSteps(state: OrderState): readonly Step[] {
  return ONWARDS[state]?.slice(1) ?? [];
}

export function isUnderWay(state: OrderState): boolean {
  return state === "travelling" || state === "on_site" || state === "in_progress";
}

/** Photos and a signature are taken from the way there on. */
export function takesImages(state: OrderState): boolean {
  return isUnderWay(state) || state === "completed";
}
