/** What happened to work orders lately, as a dispatcher wants to look back at it. */
import type { WorkOrder } from "../api/types";
import { texts } from "../texts/console";
import type { Orders } from "./orders";
import { farewellText, isPending } from "./pending";

export interface DeskEvent {
  /** Of the event, not of the order. */
  id: string;
  order: WorkOrder;
  text: string;
  atMs: number;
  /** It needs a dispatcher. */
  needsYou: boolean;
}

export const KEPT = 20;

interface Reader {
  nowMs: number;
  meId: string;
}

/** What of the orders that arrived is worth telling, compared with what was known of them. */
export function eventsOf(known: Orders, arrived: readonly WorkOrder[], reader: Reader): DeskEvent[] {
  return arrived.flatMap((order) => {
    const before = known.get(order.id);
    if (before && before.version >= order.version) return [];
    const told = tell(before, order, reader.meId);
    if (!told) return [];
    return [{ id: `${order.id} ${order.version}`, order, atMs: reader.nowMs, ...told }];
  });
}

/** The newest first, and no more than are looked back at. */
export function withEvents(events: readonly DeskEvent[], happened: readonly DeskEvent[]): DeskEvent[] {
  const known = new Set(events.map(({ id }) => id));
  const fresh = happened.filter(({ id }) => !known.has(id));
  return fresh.length === 0 ? [...events] : [...fresh.reverse(), ...events].slice(0, KEPT);
}

function tell(before: WorkOrder | undefined, order: WorkOrder, meId: string) {
  const { map, panel } = texts.value;
  if (order.alarm && order.alarm.code !== before?.alarm?.code) {
    return { text: `${map.alarmOf(order.number)}: ${panel.alarms[order.alarm.code]}`, needsYou: true };
  }
  const left = before && farewellText(before, order, meId);
  if (left) return { text: `${order.number}: ${left}`, needsYou: false };
  if (order.bucket === "needs_you" && before?.bucket !== "needs_you") {
    return { text: map.waitsNow(order.number), needsYou: true };
  }
  const asked = order.offer?.technician_id;
  if (order.offer && asked !== before?.offer?.technician_id && isPending(order)) {
    return { text: panel.offeredOf(order.number, order.offer.technician_name), needsYou: false };
  }
  return null;
}
