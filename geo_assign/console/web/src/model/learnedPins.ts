import type { LearnedPin, PinVisit, WorkOrder } from "../api/types";
import { metresBetween } from "./geometry";

/** Nearer than this to the order's place a confirmed pin changes nothing. */
const SAME_PLACE_M = 20;
const OVER = new Set<WorkOrder["state"]>(["completed", "cancelled", "converted"]);

/** What is to be asked of an address: whether it is elsewhere, or whether this order shall go where it is known to be. */
export interface PinQuestion {
  pin: LearnedPin;
  asks: "confirm" | "move";
  /** How far from the order's own place, or else from where the address was known to be; null where neither is known. */
  metres: number | null;
  /** The one visit behind it that the user sees, where it rests on a single one. */
  only: PinVisit | null;
}

/** The questions that learned pins of its address raise about an order. A pin set by hand raises none to be moved. */
export function pinQuestions(order: WorkOrder, pins: readonly LearnedPin[]): PinQuestion[] {
  return pins.flatMap((pin): PinQuestion[] => {
    const metres = order.location ? metresBetween(order.location, pin) : pin.moved_m;
    const same = order.location !== null && metres !== null && metres <= SAME_PLACE_M;
    const moved = same ? pin.moved_m : metres;
    if (pin.state === "proposed") return [{ pin, asks: "confirm", metres: moved, only: onlyVisit(pin) }];
    const stays = OVER.has(order.state) || order.location?.source === "pin";
    return pin.state !== "confirmed" || stays || same ? [] : [{ pin, asks: "move", metres, only: null }];
  });
}

function onlyVisit({ visits, seen }: LearnedPin): PinVisit | null {
  return visits === 1 ? (seen.find(({ agrees }) => agrees) ?? null) : null;
}
