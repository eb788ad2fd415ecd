/** The find box: people and orders by any part of their name or number. */
import type { TechnicianFeature, WorkOrder } from "../api/types";

export interface Found {
  kind: "technician" | "work_order";
  id: string;
  title: string;
  detail: string;
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
    const detail = properties.provider ? `${properties.status}, provider` : properties.status;
    consider({ kind: "technician", id, title: properties.name, detail }, [properties.name]);
  }
  for (const order of orders) {
    const who = order.customer?.name ?? "";
    const detail = [order.number, who].filter(Boolean).join(" · ");
    consider({ kind: "work_order", id: order.id, title: order.title, detail }, [
      order.number,
      order.title,
      who,
      order.address ?? "",
    ]);
  }
  return hits
    .sort((a, b) => a.score - b.score || a.found.title.localeCompare(b.found.title))
    .slice(0, limit)
    .map(({ found }) => found);
}
