/** A store's settings as forms, by the tab that they stand on. */
import type { components } from "../../../api/document.gen";
import { type Draft, type Field, fieldsOf } from "../form/fields";
import { same } from "../form/values";

export type StoreSettings = components["schemas"]["StoreSettings"];

const TRIGGER = ["off", "suggest", "on"] as const;
const WEEK_MINUTES = 7 * 24 * 60;
const KM = 1000;

export const TRIGGERS = fieldsOf<StoreSettings>(
  { name: "lead_auto_user_assignment", text: "leadAuto", kind: "choice", options: TRIGGER },
  { name: "lead_acceptance", text: "leadAcceptance", kind: "switch" },
  { name: "lead_rejection", text: "leadRejection", kind: "switch" },
  { name: "lead_time_tat_minutes", text: "leadTat", kind: "number", nullable: true, min: 1, max: WEEK_MINUTES },
);

export const ASKING = fieldsOf<StoreSettings>(
  { name: "radius_m", text: "radius", kind: "number", scale: KM, nullable: true, min: 1, max: 20_000, step: 5 },
  { name: "freshness_s", text: "freshness", kind: "number", scale: 60, nullable: true, min: 1, max: WEEK_MINUTES },
  { name: "mock_positions", text: "mockPositions", kind: "choice", options: ["refuse", "flag", "allow"] },
  { name: "offer_policy", text: "offerPolicy", kind: "choice", options: ["sequential", "parallel", "widening"] },
  {
    name: "parallel_offers",
    text: "parallelOffers",
    kind: "number",
    whole: true,
    min: 2,
    max: 20,
    when: asks("parallel"),
  },
  { name: "widening_radii_m", text: "wideningRadii", kind: "numbers", scale: KM, when: asks("widening") },
  {
    name: "widening_every_minutes",
    text: "wideningEvery",
    kind: "number",
    min: 1,
    max: WEEK_MINUTES,
    when: asks("widening"),
  },
  { name: "offer_limit", text: "offerLimit", kind: "number", whole: true, min: 1, max: 100 },
  {
    name: "offers_before_alarm",
    text: "offersBeforeAlarm",
    kind: "number",
    whole: true,
    nullable: true,
    min: 1,
    max: 1000,
  },
  { name: "reoffer_after_minutes", text: "reofferAfter", kind: "number", min: 0, max: WEEK_MINUTES, step: 5 },
  { name: "crew_policy", text: "crewPolicy", kind: "choice", options: ["lead_accepts", "all_or_nothing"] },
  { name: "ticket_auto_user_assignment", text: "ticketAuto", kind: "choice", options: TRIGGER },
  { name: "group_rejection_note_required", text: "groupRejectionNote", kind: "switch" },
);

export const TIMES = fieldsOf<StoreSettings>(
  { name: "default_duration_minutes", text: "defaultDuration", kind: "number", min: 5, max: WEEK_MINUTES, step: 15 },
  { name: "travel_buffer_minutes", text: "travelBuffer", kind: "number", min: 0, max: 1440, step: 5 },
  { name: "soon_minutes", text: "soon", kind: "number", min: 0, max: WEEK_MINUTES, step: 30 },
  { name: "slot_grace_minutes", text: "slotGrace", kind: "number", min: 0, max: WEEK_MINUTES, step: 5 },
  { name: "collect_seconds", text: "collect", kind: "number", min: 0, max: 60, step: 5 },
);

const usesRouter = (draft: Draft) => draft.router !== undefined && draft.router !== "straight_line";

export const DRIVING = fieldsOf<StoreSettings>(
  { name: "router", text: "router", kind: "choice", options: ["straight_line", "osrm", "valhalla"] },
  { name: "router_url", text: "routerUrl", kind: "text", input: "url", nullable: true, when: usesRouter },
  {
    name: "router_deadline_s",
    text: "routerDeadline",
    kind: "number",
    nullable: true,
    min: 0.5,
    max: 10,
    step: 0.5,
    when: usesRouter,
  },
  { name: "rank_by", text: "rankBy", kind: "choice", nullable: true, options: ["drive_time", "distance"] },
);

export const CUSTOMERS = fieldsOf<StoreSettings>(
  { name: "customer_links", text: "customerLinks", kind: "switch" },
  { name: "phone", text: "storePhone", kind: "text", input: "tel", nullable: true },
  { name: "country", text: "country", kind: "text", nullable: true },
  { name: "min_confidence", text: "minConfidence", kind: "choice", options: ["street", "interpolated", "rooftop"] },
  { name: "coarse_positions", text: "coarsePositions", kind: "switch" },
);

export const SETTINGS_FIELDS: readonly Field[] = [...TRIGGERS, ...ASKING, ...TIMES, ...DRIVING, ...CUSTOMERS];

/** What a setting is where none was chosen, as the API's document says. */
export const DEFAULTS: Draft = {
  lead_auto_user_assignment: "on",
  ticket_auto_user_assignment: "off",
  lead_acceptance: true,
  lead_rejection: true,
  lead_time_tat_minutes: 10,
  radius_m: 50_000,
  freshness_s: 300,
  default_duration_minutes: 60,
  travel_buffer_minutes: 0,
  min_confidence: "interpolated",
  mock_positions: "flag",
  offer_limit: 1,
  reoffer_after_minutes: 30,
  soon_minutes: 120,
  slot_grace_minutes: 15,
  offer_policy: "sequential",
  parallel_offers: 3,
  widening_radii_m: [5_000, 15_000],
  widening_every_minutes: 5,
  offers_before_alarm: null,
  crew_policy: "lead_accepts",
  group_rejection_note_required: false,
  collect_seconds: 0,
  country: null,
  router: "straight_line",
  router_url: null,
  router_deadline_s: 2,
  rank_by: null,
  customer_links: false,
  phone: null,
  coarse_positions: false,
};

/** The settings to send: what equals its default is left out, so that it goes on following the default. */
export function chosenSettings(draft: Draft): StoreSettings {
  const chosen = Object.entries(draft).filter(
    ([name, value]) => value !== undefined && value !== null && !same(value, DEFAULTS[name]),
  );
  return Object.fromEntries(chosen) as StoreSettings;
}

function asks(policy: string): (draft: Draft) => boolean {
  return (draft) => draft.offer_policy === policy;
}
