/** Offers that wait for an answer, and what became of those that are gone. */
import type { Schemas } from "../api/types";

export type OfferedWork = Schemas["OfferedWorkAnswer"];

/** How an offer ended that this phone showed. */
export type Ending = "accepted" | "rejected" | "expired" | "withdrawn" | "cancelled" | "given" | "answered";

export interface GoneOffer {
  id: string;
  number: string;
  title: string;
  ending: Ending;
}

/** Those that run out first come first. */
export function byDeadline(offers: readonly OfferedWork[]): OfferedWork[] {
  return [...offers].sort((a, b) => Date.parse(a.expires_at) - Date.parse(b.expires_at) || a.id.localeCompare(b.id));
}

const BY_CODE: Record<string, Ending> = {
  offer_expired: "expired",
  offer_withdrawn: "withdrawn",
  work_order_cancelled: "cancelled",
  offer_answered: "answered",
  offer_not_found: "withdrawn",
};

/** What an answer of the service to accept or reject says of the offer; null where it is still open. */
export function endingOf(code: string): Ending | null {
  return BY_CODE[code] ?? null;
}

interface Seen {
  before: readonly OfferedWork[];
  now: readonly OfferedWork[];
  /** Offers that this phone answered: their end is known. */
  answered: ReadonlySet<string>;
  /** Work orders that are on the schedule. */
  scheduled: ReadonlySet<string>;
  nowMs: number;
}

/** Which offers went away by themselves, and why as far as the phone can tell. */
export function goneOffers({ before, now, answered, scheduled, nowMs }: Seen): GoneOffer[] {
  const open = new Set(now.map(({ id }) => id));
  return before
    .filter(({ id }) => !open.has(id) && !answered.has(id))
    .map((offer) => ({
      id: offer.id,
      number: offer.work_order.number,
      title: offer.work_order.title,
      ending: whyGone(offer, scheduled, nowMs),
    }));
}

function whyGone(offer: OfferedWork, scheduled: ReadonlySet<string>, nowMs: number): Ending {
  if (scheduled.has(offer.work_order_id)) return "given";
  return Date.parse(offer.expires_at) <= nowMs ? "expired" : "withdrawn";
}

/** The reasons to reject that need a note to be understood. */
export function wantsNote(reason: string): boolean {
  return reason === "other";
}

/** The least that the words of a timer are renewed: a screen reader that is told each second says nothing else. */
export function spokenSeconds(seconds: number): number {
  if (seconds > 60) return Math.ceil(seconds / 60) * 60;
  return seconds > 10 ? Math.ceil(seconds / 10) * 10 : seconds;
}
