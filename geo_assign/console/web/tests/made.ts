/** Orders, people and answers to test with; only what a test names differs. */
import type { Candidate, Nearest, Offer, TechnicianFeature, TechnicianProperties, WorkOrder } from "../src/api/types";

export const NOON = Date.parse("2026-11-22T12:00:00Z");

export const at = (minutes: number): string => new Date(NOON + minutes * 60_000).toISOString();

export function order(changes: Partial<WorkOrder> = {}): WorkOrder {
  return {
    id: "order-1",
    kind: "lead",
    number: "L-1",
    title: "Laptop · no power",
    store_id: "store-1",
    group_id: null,
    state: "pending",
    pending_reason: "nobody_eligible",
    pending_detail: null,
    bucket: "needs_you",
    customer: { name: "Helena Duarte", phone: null, email: null },
    address: "12 Quay Street, Orrava",
    location: { lat: 41, lon: -30, source: "geocoded", confidence: "rooftop", learned: null },
    location_candidates: [],
    slot: { start: at(60), end: at(120) },
    skills: [],
    device: {},
    referral_source: null,
    priority: 0,
    notes: null,
    metadata: {},
    external_id: null,
    assignee: null,
    collaborators: [],
    offer: null,
    offers: [],
    decision_id: null,
    alarm: null,
    returned_to: null,
    converted_from: null,
    changed_by: { kind: "system", id: "system", name: "" },
    created_at: at(-30),
    updated_at: at(-30),
    version: 1,
    warnings: [],
    ...changes,
  };
}

export const offerTo = (name: string, expires: string, offered = at(-5)): Offer => ({
  id: `offer-${name}`,
  technician_id: name.toLowerCase(),
  technician_name: name,
  role: "primary",
  offered_at: offered,
  expires_at: expires,
  server_now: offered,
  distance_m: null,
  eta_s: null,
});

export function taken(before: WorkOrder, name: string, changes: Partial<WorkOrder> = {}): WorkOrder {
  return {
    ...before,
    state: "assigned",
    bucket: "taken",
    offer: null,
    assignee: { id: name.toLowerCase(), name },
    version: before.version + 1,
    ...changes,
  };
}

export function technician(
  id: string,
  changes: Partial<TechnicianProperties> = {},
  lon = -30,
  lat = 41,
): TechnicianFeature {
  return {
    type: "Feature",
    id,
    geometry: { type: "Point", coordinates: [lon, lat] },
    properties: {
      kind: "technician",
      id,
      name: id,
      status: "free",
      provenance: "live",
      coarse: false,
      recorded_at: at(0),
      age_s: 0,
      accuracy_m: 8,
      heading_deg: null,
      speed_mps: null,
      provider: false,
      service_provider: null,
      store_id: "store-1",
      busy_until: null,
      flags: [],
      number_today: 0,
      ...changes,
    },
  };
}

export function candidate(id: string, changes: Partial<Candidate> = {}): Candidate {
  return {
    technician_id: id,
    name: id,
    rank: 1,
    distance_m: 800,
    eta_s: 240,
    position: { lat: 41.01, lon: -30, recorded_at: at(0), age_s: 12, accuracy_m: 8, provenance: "live", coarse: false },
    workload: { today: 3, overdue: 0, open_offers: 0 },
    day: [],
    hours: [{ start: at(-240), end: at(360) }],
    provider: null,
    ...changes,
  };
}

export function nearest(ids: string[], changes: Partial<Nearest> = {}): Nearest {
  return {
    candidates: ids.map((id, index) => candidate(id, { rank: index + 1, distance_m: 800 * (index + 1) })),
    excluded: [],
    ranked_by: "distance",
    distance_method: "geodesic",
    routing: null,
    eta_is_calibrated: false,
    eta_factor: null,
    truncated: false,
    origin: { lat: 41, lon: -30 },
    slot: { start: at(60), end: at(120) },
    radius_m: 5000,
    examined: ids.length,
    counts: { excluded: {}, of: "store", members: ids.length, others: 0, available: ids.length },
    ...changes,
  };
}
