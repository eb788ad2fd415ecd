/** What is typed into the New panel, and what of it is sent. Nothing here knows a browser. */
import type { components } from "../../api/document.gen";
import type { LatLon, OrderKind, Slot, WorkOrder } from "../../api/types";
import { localDate } from "../../model/zone";

export type NewOrderBody = components["schemas"]["LeadBody"];
export type FreeSlot = components["schemas"]["FreeSlotAnswer"];

/** Who goes: the store's automation, the technician of the slot chosen, or a technician chosen on the map afterwards. */
export type Assignment = "auto" | "suggested" | "location";

/** Every field as it was typed; kept on this computer until the work order is made. */
export interface Draft {
  kind: OrderKind;
  storeId: string;
  phone: string;
  name: string;
  email: string;
  address: string;
  /** A pin that was placed, or a place that was chosen; null: the address is looked up. */
  location: LatLon | null;
  deviceType: string;
  brand: string;
  model: string;
  issue: string;
  skills: string[];
  groupId: string;
  /** A free slot that was chosen; null with `typedSlot` empty: as soon as possible. */
  slot: Slot | null;
  /** The technician who could come then, least travel first. */
  slotTechnician: { id: string; name: string } | null;
  /** Another time, as a wall time of the store: `2026-11-30T15:30`. */
  typedSlot: string;
  /** Until when, where a place on the board was marked; empty: for the store's usual duration. */
  typedEnd: string;
  assignment: Assignment;
  referralSource: string;
  notes: string;
  priority: string;
}

export function emptyDraft(kind: OrderKind, storeId: string): Draft {
  return {
    kind,
    storeId,
    phone: "",
    name: "",
    email: "",
    address: "",
    location: null,
    deviceType: "",
    brand: "",
    model: "",
    issue: "",
    skills: [],
    groupId: "",
    slot: null,
    slotTechnician: null,
    typedSlot: "",
    typedEnd: "",
    assignment: "auto",
    referralSource: "",
    notes: "",
    priority: "",
  };
}

/** Whether anything was typed that would be a loss. */
export function isWorthKeeping(draft: Draft): boolean {
  const { phone, name, email, address, location, deviceType, brand, model, issue, notes, referralSource } = draft;
  const typed = [phone, name, email, address, deviceType, brand, model, issue, notes, referralSource];
  return location !== null || draft.skills.length > 0 || typed.some((text) => text.trim() !== "");
}

/** A kept draft, or null where the text is none. Members that it lacks are empty; what it has too much is dropped. */
export function readDraft(text: string | null, storeIds: readonly string[]): Draft | null {
  if (!text) return null;
  try {
    const read: unknown = JSON.parse(text);
    if (typeof read !== "object" || read === null) return null;
    const empty = emptyDraft("lead", storeIds[0] ?? "");
    const known = Object.fromEntries(
      Object.entries(read).filter(([key, value]) => key in empty && sameShape(value, empty[key as keyof Draft])),
    );
    const draft: Draft = { ...empty, ...known };
    return storeIds.includes(draft.storeId) ? draft : { ...draft, storeId: empty.storeId, groupId: "" };
  } catch {
    return null;
  }
}

function sameShape(value: unknown, like: unknown): boolean {
  if (like === null) return value === null || typeof value === "object";
  return Array.isArray(like) ? Array.isArray(value) : typeof value === typeof like;
}

const orNull = (text: string): string | null => text.trim() || null;

/** The body of `POST /v1/leads` or `POST /v1/tickets`. */
export function bodyOf(draft: Draft): NewOrderBody {
  const device = {
    type: orNull(draft.deviceType),
    brand: orNull(draft.brand),
    model: orNull(draft.model),
    issue: orNull(draft.issue),
  };
  const suggested = draft.assignment === "suggested" ? draft.slotTechnician : null;
  return {
    store_id: draft.storeId,
    customer: { name: draft.name.trim(), phone: orNull(draft.phone), email: orNull(draft.email) },
    address: orNull(draft.address),
    location: draft.location,
    slot: slotOf(draft),
    group_id: draft.groupId || null,
    skills: draft.skills,
    device: Object.values(device).some(Boolean) ? device : null,
    assignee_id: suggested?.id ?? null,
    referral_source: orNull(draft.referralSource),
    notes: orNull(draft.notes),
    priority: draft.priority.trim() === "" ? 0 : Number(draft.priority),
  };
}

function slotOf({ slot, typedSlot, typedEnd }: Draft): NewOrderBody["slot"] {
  if (typedSlot) return typedEnd ? { start: typedSlot, end: typedEnd } : { start: typedSlot };
  return slot ? { start: slot.start, end: slot.end } : null;
}

/** The member of a draft that an error's pointer speaks of; null for none of them. */
export function fieldOf(pointer: string): keyof Draft | null {
  return FIELDS.find(([start]) => pointer === start || pointer.startsWith(`${start}/`))?.[1] ?? null;
}

const FIELDS: [string, keyof Draft][] = [
  ["/customer/phone", "phone"],
  ["/customer/email", "email"],
  ["/customer", "name"],
  ["/address", "address"],
  ["/location", "address"],
  ["/slot", "typedSlot"],
  ["/device/type", "deviceType"],
  ["/device/brand", "brand"],
  ["/device/model", "model"],
  ["/device", "issue"],
  ["/skills", "skills"],
  ["/group_id", "groupId"],
  ["/store_id", "storeId"],
  ["/referral_source", "referralSource"],
  ["/notes", "notes"],
  ["/priority", "priority"],
];

/** A customer who was here before, by the work orders that carry the phone. */
export interface KnownCustomer {
  name: string;
  email: string | null;
  orders: number;
  firstYear: number;
  /** Where the customer was visited, the latest first, each once. */
  places: { address: string; location: LatLon | null }[];
}

const digits = (text: string): string => text.replace(/\D/g, "");
/** Fewer digits than that are a part of many numbers. */
const LEAST_DIGITS = 6;

export function canLookUp(phone: string): boolean {
  return digits(phone).length >= LEAST_DIGITS;
}

/** The customer of these work orders, newest first; null when none of them carries the phone. */
export function knownCustomer(orders: readonly WorkOrder[], phone: string): KnownCustomer | null {
  const wanted = digits(phone).slice(-LEAST_DIGITS - 2);
  const theirs = orders.filter(({ customer }) => digits(customer?.phone ?? "").endsWith(wanted));
  const [newest] = theirs;
  if (!newest?.customer || !canLookUp(phone)) return null;
  const places = new Map<string, LatLon | null>();
  for (const { address, location } of theirs) {
    if (address && !places.has(address)) places.set(address, location && { lat: location.lat, lon: location.lon });
  }
  const years = theirs.map(({ created_at }) => new Date(created_at).getUTCFullYear());
  return {
    name: newest.customer.name,
    email: newest.customer.email ?? null,
    orders: theirs.length,
    firstYear: Math.min(...years),
    places: [...places].slice(0, 3).map(([address, location]) => ({ address, location })),
  };
}

const OPEN = new Set(["new", "pending", "offered", "assigned", "travelling", "on_site", "in_progress"]);

/** An open work order of the same phone on the day that is asked for: perhaps the same matter twice. */
export function duplicateOf(
  orders: readonly WorkOrder[],
  draft: Pick<Draft, "phone" | "slot" | "typedSlot">,
  nowMs: number,
  zone: string,
): WorkOrder | null {
  if (!canLookUp(draft.phone)) return null;
  const wanted = digits(draft.phone).slice(-LEAST_DIGITS - 2);
  const day = draft.typedSlot.slice(0, 10) || localDate(draft.slot ? Date.parse(draft.slot.start) : nowMs, zone);
  const same = (order: WorkOrder) =>
    OPEN.has(order.state) &&
    digits(order.customer?.phone ?? "").endsWith(wanted) &&
    localDate(Date.parse(order.slot.start), zone) === day;
  return orders.find(same) ?? null;
}

/** Free slots by the store's day, at most `perDay` of a day and `days` of them. */
export function slotDays(
  slots: readonly FreeSlot[],
  zone: string,
  { days = 2, perDay = 3 }: { days?: number; perDay?: number } = {},
): { day: string; slots: FreeSlot[] }[] {
  const byDay = new Map<string, FreeSlot[]>();
  for (const slot of slots) {
    const day = localDate(Date.parse(slot.start), zone);
    const same = byDay.get(day) ?? [];
    // Chips that overlap say the same time several times.
    if (same.length < perDay && !same.some((each) => Date.parse(each.end) > Date.parse(slot.start))) same.push(slot);
    byDay.set(day, same);
  }
  return [...byDay].slice(0, days).map(([day, sameDay]) => ({ day, slots: sameDay }));
}
