/** The guide's steps, and which of them the installation has done. */
import type { components } from "../../api/document.gen";
import type { WorkOrder } from "../../api/types";

type Schemas = components["schemas"];

export const STEPS = ["company", "store", "mapKey", "technicians", "phone", "lead"] as const;
export type Step = (typeof STEPS)[number];

/** What is there, as the service tells it. */
export interface Facts {
  readonly stores: readonly Schemas["StoreAnswer"][];
  readonly mapKey: Schemas["MapKeyAnswer"] | null;
  readonly technicians: readonly Schemas["TechnicianAnswer"][];
  /** Ids of users who were invited and have not chosen a password yet. */
  readonly invited: ReadonlySet<string>;
  /** Seconds since the last live position, by technician. */
  readonly positions: ReadonlyMap<string, number>;
  readonly orders: number;
  /** The practice lead that the address names. */
  readonly practice: WorkOrder | null;
}

/** Whether a technician's device has told a position while the guide watched, or before. */
export function hasPhone(facts: Facts): boolean {
  return facts.positions.size > 0;
}

export function isDone(step: Step, facts: Facts): boolean {
  switch (step) {
    case "company":
      return true;
    case "store":
      return facts.stores.length > 0;
    case "mapKey":
      return facts.mapKey?.status === "ok";
    case "technicians":
      return facts.technicians.length > 0;
    case "phone":
      return hasPhone(facts);
    case "lead":
      return facts.orders > 0;
  }
}

export function doneCount(facts: Facts): number {
  return STEPS.filter((step) => isDone(step, facts)).length;
}

/** The step to go on with: the first that is not done and was not passed over. */
export function nextStep(facts: Facts, passedOver: readonly string[] = []): Step {
  return STEPS.find((step) => !isDone(step, facts) && !passedOver.includes(step)) ?? "lead";
}

/** Whether a step may be opened: what it needs is there. */
export function isOpen(step: Step, facts: Facts): boolean {
  if (step === "company" || step === "store") return true;
  if (step === "phone") return facts.stores.length > 0 && facts.technicians.length > 0;
  return facts.stores.length > 0;
}

export function findStep(name: string | null, facts: Facts): Step {
  const named = STEPS.find((step) => step === name);
  return named && isOpen(named, facts) ? named : nextStep(facts);
}

/** The metres between two places, on a ball. */
export function metresBetween(one: { lat: number; lon: number }, other: { lat: number; lon: number }): number {
  const rad = Math.PI / 180;
  const lat = ((other.lat - one.lat) * rad) / 2;
  const lon = ((other.lon - one.lon) * rad) / 2;
  const h = Math.sin(lat) ** 2 + Math.cos(one.lat * rad) * Math.cos(other.lat * rad) * Math.sin(lon) ** 2;
  return 2 * 6_371_000 * Math.asin(Math.min(1, Math.sqrt(h)));
}
