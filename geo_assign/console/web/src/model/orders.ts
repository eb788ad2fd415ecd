/** Work orders as this page knows them: the newest version of each. */
import type { OrderFeature, WorkOrder } from "../api/types";
import { FAREWELL_MS, type Farewell, farewellText, isFinished } from "./pending";

export type Orders = ReadonlyMap<string, WorkOrder>;

export interface OrdersChange {
  orders: Orders;
  farewells: Farewell[];
}

/** Merge what arrived. An older version than the one known is a late message and changes nothing. */
export function mergeOrders(known: Orders, arrived: readonly WorkOrder[], nowMs: number, meId = ""): OrdersChange {
  const orders = new Map(known);
  const farewells: Farewell[] = [];
  for (const order of arrived) {
    const before = orders.get(order.id);
    if (before && before.version > order.version) continue;
    const text = before ? farewellText(before, order, meId) : null;
    if (before && text) farewells.push({ order, from: before, text, atMs: nowMs });
    if (isFinished(order)) orders.delete(order.id);
    else orders.set(order.id, order);
  }
  return { orders, farewells };
}

/** The farewells that are still to be read. */
export function currentFarewells(farewells: readonly Farewell[], nowMs: number): Farewell[] {
  return farewells.filter((each) => nowMs - each.atMs < FAREWELL_MS);
}

/** The pin of an order, or null when its place is unknown or it is over. */
export function pinOf(order: WorkOrder): OrderFeature | null {
  if (!order.location || isFinished(order)) return null;
  const { id, number, kind, title, state, pending_reason, bucket, slot, assignee, offer, version } = order;
  return {
    type: "Feature",
    id,
    geometry: { type: "Point", coordinates: [order.location.lon, order.location.lat] },
    properties: {
      kind: "work_order",
      id,
      number,
      order_kind: kind,
      title,
      state,
      pending_reason,
      bucket,
      slot,
      assignee,
      offer,
      version,
    },
  };
}
