/** The find box: people and orders by any part of their name or number. */
import type { LatLon, RosterLine, TechnicianFeature, WorkOrder } from "../api/types";
import { texts } from "../texts/console";

export interface Found {
  kind: "technician" | "work_order";
  id: string;
  title: string;
  detail: string;
  /** Where a person is who is not held on the map. */
  at?: LatLon;
}

/** Letters without accents or case, so that `tomas` finds Tomás. */
export function fold(text: string): string {
  return text
    .normalize("NFD")
    .replace(/\p{Mark}/gu, "")
    .toLowerCase();
}

/** The best `limit` hits: whatever starts with the words before what merely contains them. */
export function find(
  entered: string,
  technicians: Iterable<TechnicianFeature>,
  orders: Iterable<WorkOrder>,
  limit = 8,
): Found[] {
  const wanted = fold(entered.trim());
  if (!wanted) return [];
  const hits: { found: Found; score: number }[] = [];
  const consider = (found: Found, texts: string[]) => {
    const at = texts.map((text) => fold(text).indexOf(wanted)).filter((index) => index >= 0);
    if (at.length > 0) hits.push({ found, score: Math.min(...at) });
  };
  for (const { id, properties } of technicians) {
    const words = texts.value.map;
    const status = words.statusOf[properties.status];
    const detail = properties.provider ? words.providerOf(status) : status;
    consider({ kind: "technician", id, title: properties.name, detail }, [properties.name]);
  }
  for (const order of orders) {
    const who = order.customer?.name ?? "";
    const detail = [order.number, who].filter(Boolean).join(" · ");
    const { phone, phone_e164 } = order.customer;
    const byPhone = isPartOfPhone(entered, phone) || isPartOfPhone(entered, phone_e164);
    consider({ kind: "work_order", id: order.id, title: order.title, detail }, [
      order.number,
      order.title,
      who,
      order.address ?? "",
      byPhone ? entered.trim() : "",
    ]);
  }
  return hits
    .sort((a, b) => a.score - b.score || a.found.title.localeCompare(b.found.title))
    .slice(0, limit)
    .map(({ found }) => found);
}

/** What the service found besides, behind what was found here: finished work, telephone numbers, people out of view. */
export function withRemote(
  here: readonly Found[],
  orders: readonly WorkOrder[],
  people: readonly RosterLine[],
  limit = 8,
): Found[] {
  const known = new Set(here.map(({ id }) => id));
  const remote = [
    ...people.map(({ id, name, position, presence }): Found => {
      const at = position ? { at: { lat: position.lat, lon: position.lon } } : {};
      return {
        kind: "technician",
        id,
        title: name,
        detail: presence.on_duty ? "" : texts.value.map.foundOffDuty,
        ...at,
      };
    }),
    ...orders.map(
      ({ id, title, number, customer, state }): Found => ({
        kind: "work_order",
        id,
        title,
        detail: [number, customer.name, isOver(state) ? texts.value.map.foundState[state] : ""]
          .filter(Boolean)
          .join(" · "),
      }),
    ),
  ];
  const fresh = remote.filter(({ id }) => !known.has(id) && known.add(id));
  return [...here, ...fresh].slice(0, limit);
}

const isOver = (state: WorkOrder["state"]): state is "completed" | "cancelled" | "converted" =>
  state === "completed" || state === "cancelled" || state === "converted";

const DIGITS = /^[\d+()./\s-]{4,}$/;

/** Whether what was entered is a part of a telephone number, and of this one. */
export function isPartOfPhone(entered: string, phone: string | null | undefined): boolean {
  if (!phone || !DIGITS.test(entered.trim())) return false;
  return phone.replace(/\D/g, "").includes(entered.replace(/\D/g, ""));
}
