/** What a visitor has said so far, and what the page's owner has settled before. */
import type { Lead, Proof, Slot } from "./service";

/** A kind of device that is offered, with the skills that its repair takes. */
export interface DeviceKind {
  name: string;
  skills: string[];
}

export interface Draft {
  kind: string;
  brand: string;
  issue: string;
  storeId: string;
  address: string;
  extra: string;
  /** Null: as soon as possible, or not chosen yet. */
  slot: Slot | null;
  soonest: boolean;
  name: string;
  phone: string;
  email: string;
  referral: string;
  /** A field for programs to fall into; people do not see it. */
  website: string;
}

export function newDraft(): Draft {
  return {
    kind: "",
    brand: "",
    issue: "",
    storeId: "",
    address: "",
    extra: "",
    slot: null,
    soonest: false,
    name: "",
    phone: "",
    email: "",
    referral: "",
    website: "",
  };
}

/** `Phone: screen battery; Laptop` as two kinds, the first of which takes two skills. */
export function parseKinds(text: string): DeviceKind[] {
  return text
    .split(";")
    .map((part) => part.split(":"))
    .map(([name = "", skills = ""]) => ({ name: name.trim(), skills: skillsOf(skills) }))
    .filter((kind) => kind.name);
}

export function skillsOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

/** The lead of a draft. `referral` is the page owner's; what the visitor says goes before it. */
export function leadOf(draft: Draft, skills: string[], proof: Proof, referral: string): Lead {
  const heard = draft.referral.trim() || referral;
  return {
    store_id: draft.storeId,
    customer: { name: draft.name.trim(), phone: draft.phone.trim(), email: draft.email.trim() || null },
    address: draft.address.trim(),
    device: { type: draft.kind, model: draft.brand.trim() || null, issue: draft.issue.trim() || null },
    skills,
    slot: draft.slot,
    notes: draft.extra.trim() || null,
    referral_source: heard || null,
    website: draft.website || null,
    proof,
  };
}

/** 128 random bits; `crypto.randomUUID` is there on secure pages only. */
export function newAttempt(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Letters, an at sign, a host with a dot: more would turn people away. */
export function isEmail(text: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text.trim());
}
