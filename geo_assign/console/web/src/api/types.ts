/** The shapes of `/v1` that the console reads. Times are RFC 3339 strings, `_m` metres, `_s` seconds. */

export interface LatLon {
  lat: number;
  lon: number;
}

export interface Named {
  id: string;
  name: string;
}

/** Who did something: a user, a technician, automation. */
export interface Actor {
  kind: string;
  id: string;
  name: string;
}

export interface Slot {
  start: string;
  end: string;
}

export interface Store extends Named {
  slug: string;
  timezone: string;
  location: LatLon | null;
}

export interface Group extends Named {
  slug: string;
  store_id: string;
}

export interface Me {
  user: { id: string; name: string; email: string; role: string; permissions: string[] };
  organization: { id: string; slug: string; name: string };
  stores: Store[];
  groups: Group[];
  technician_id: string | null;
  csrf_token: string;
  server_now: string;
}

export interface Config {
  tiles: { url: string; attribution: string } | null;
  basemap_url: string | null;
  version: string;
}

export type OrderKind = "lead" | "ticket";
export type Bucket = "needs_you" | "being_offered" | "later" | "taken" | "closed";
export type TechnicianStatus = "free" | "offered" | "busy" | "silent";
export type Provenance = "live" | "previous_appointment" | "home_base" | "store";
export type OrderState =
  | "new"
  | "pending"
  | "offered"
  | "assigned"
  | "travelling"
  | "on_site"
  | "in_progress"
  | "completed"
  | "cancelled"
  | "converted";

/** The service provider of an external technician. */
export interface Company {
  id: string;
  name: string;
}

export interface TechnicianProperties {
  kind: "technician";
  id: string;
  name: string;
  status: TechnicianStatus;
  provenance: Provenance;
  recorded_at: string | null;
  accuracy_m: number | null;
  heading_deg: number | null;
  speed_mps: number | null;
  provider: boolean;
  service_provider?: Company | null;
  coarse?: boolean;
  store_id: string;
  busy_until: string | null;
  flags: string[];
  number_today: number;
}

export interface OrderPinProperties {
  kind: "work_order";
  id: string;
  number: string;
  order_kind: OrderKind;
  title: string;
  state: OrderState;
  pending_reason: string | null;
  bucket: Bucket;
  version: number;
}

export interface PointFeature<P> {
  type: "Feature";
  id: string;
  geometry: { type: "Point"; coordinates: [number, number] };
  properties: P;
}

export type TechnicianFeature = PointFeature<TechnicianProperties>;
export type OrderFeature = PointFeature<OrderPinProperties>;

export interface MapCounts {
  technicians: Record<TechnicianStatus | "off_duty" | "provider", number>;
  work_orders: Record<OrderKind, number>;
}

export interface MapSnapshot {
  features: (TechnicianFeature | OrderFeature)[];
  server_now: string;
  cursor: string;
  truncated: boolean;
  counts: MapCounts;
}

export interface LocationCandidate extends LatLon {
  label: string;
  confidence: string;
}

export interface Offer {
  id: string;
  technician_id: string;
  technician_name: string;
  offered_at: string;
  expires_at: string;
  distance_m: number | null;
  eta_s: number | null;
}

export interface WorkOrder {
  id: string;
  kind: OrderKind;
  number: string;
  title: string;
  store_id: string;
  group_id: string | null;
  state: OrderState;
  pending_reason: string | null;
  pending_detail: Record<string, unknown> | null;
  bucket: Bucket;
  customer: { name: string; phone: string | null; email: string | null } | null;
  address: string | null;
  location: (LatLon & { source: string; confidence: string | null }) | null;
  location_candidates: LocationCandidate[];
  slot: Slot;
  skills: string[];
  notes: string | null;
  assignee: Named | null;
  offer: Offer | null;
  created_at: string;
  updated_at: string;
  version: number;
  changed_by: Actor | null;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Position extends LatLon {
  recorded_at: string | null;
  age_s: number | null;
  accuracy_m: number | null;
  provenance: Provenance;
}

export interface DayEntry extends Slot {
  kind: OrderKind;
  state: OrderState;
}

export interface Candidate {
  technician_id: string;
  name: string;
  rank: number;
  distance_m: number;
  eta_s: number | null;
  position: Position;
  workload: { today: number; overdue: number; open_offers: number } | null;
  day?: DayEntry[];
  hours?: Slot[];
  provider?: Company | null;
}

export interface Reason {
  code: string;
  detail: unknown;
}

export interface Exclusion {
  technician_id: string;
  name: string;
  presence: string | null;
  last_seen_at: string | null;
  distance_m: number | null;
  reasons: Reason[];
}

export interface Nearest {
  candidates: Candidate[];
  excluded: Exclusion[];
  distance_method: string;
  truncated: boolean;
  origin: LatLon;
  slot: Slot;
  radius_m: number;
  examined: number;
  counts: { excluded: Record<string, number>; available: number };
}

/** An RFC 9457 problem; 412 says what won. */
export interface ProblemBody {
  status?: number;
  code?: string;
  title?: string;
  detail?: string;
  state?: OrderState;
  assignee?: Named | null;
  changed_by?: Actor | null;
  changed_at?: string | null;
}
