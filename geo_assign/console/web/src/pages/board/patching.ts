/** The calendar kept current between two readings: an order that changed moves its own bars and no others. */
import type { Calendar, CalendarEntry, CalendarRow, WorkOrder } from "../../api/types";

type Fill = CalendarEntry["colour"]["fill"];

const WAITING = new Set<WorkOrder["state"]>(["new", "pending"]);
const UNDER_WAY = new Set<WorkOrder["state"]>(["travelling", "on_site", "in_progress"]);
const GONE = new Set<WorkOrder["state"]>(["cancelled", "converted"]);

/** The calendar with an order as it is now; rows without it stay the same objects. */
export function withOrder(calendar: Calendar, order: WorkOrder, shown: (order: WorkOrder) => boolean): Calendar {
  const before = findEntry(calendar, order.id);
  const wanted = new Map(entriesOf(order, before).map(({ technicianId, entry }) => [technicianId, entry]));
  const items = calendar.items.map((row) => withEntry(row, order.id, wanted.get(row.id)));
  const waits = WAITING.has(order.state) && overlaps(order, calendar) && shown(order);
  const others = calendar.unassigned.items.filter((entry) => entry.work_order_id !== order.id);
  const wasThere = others.length < calendar.unassigned.items.length;
  if (!waits && !wasThere) return { ...calendar, items };
  const waiting = waits ? [...others, entryOf(order, { fill: "hollow", before })].sort(byStart) : others;
  const total = calendar.unassigned.total + waiting.length - calendar.unassigned.items.length;
  return { ...calendar, items, unassigned: { ...calendar.unassigned, items: waiting, total } };
}

/** A newer reading; what is the same stays the same object, so that nothing of it is drawn again. */
export function merged(before: Calendar | null, fresh: Calendar): Calendar {
  if (!before) return fresh;
  const known = new Map(before.items.map((row) => [row.id, row]));
  const items = fresh.items.map((row) => {
    const old = known.get(row.id);
    return old && JSON.stringify(old) === JSON.stringify(row) ? old : row;
  });
  return { ...fresh, items };
}

function findEntry(calendar: Calendar, orderId: string): CalendarEntry | undefined {
  const rows = [calendar.unassigned.items, ...calendar.items.map(({ bookings }) => bookings)];
  return rows.flat().find((entry) => entry.work_order_id === orderId);
}

function withEntry(row: CalendarRow, orderId: string, entry: CalendarEntry | undefined): CalendarRow {
  const others = row.bookings.filter((each) => each.work_order_id !== orderId);
  if (others.length === row.bookings.length && !entry) return row;
  return { ...row, bookings: entry ? [...others, entry].sort(byStart) : others };
}

interface Placed {
  technicianId: string;
  entry: CalendarEntry;
}

function entriesOf(order: WorkOrder, before: CalendarEntry | undefined): Placed[] {
  if (GONE.has(order.state) || WAITING.has(order.state)) return [];
  if (order.state === "offered") {
    return order.offers.map((offer) => ({
      technicianId: offer.technician_id,
      entry: entryOf(order, { fill: "dashed", role: offer.role, expiresAt: offer.expires_at, before }),
    }));
  }
  const fill: Fill = order.state === "completed" ? "faded" : UNDER_WAY.has(order.state) ? "solid" : "soft";
  const lead = order.assignee ? [{ id: order.assignee.id, role: "primary" }] : [];
  const along = order.collaborators.map(({ id }) => ({ id, role: "collaborator" }));
  return [...lead, ...along].map(({ id, role }) => ({
    technicianId: id,
    entry: entryOf(order, { fill, role, before }),
  }));
}

interface Drawn {
  fill: Fill;
  role?: string;
  expiresAt?: string;
  before: CalendarEntry | undefined;
}

function entryOf(order: WorkOrder, { fill, role, expiresAt, before }: Drawn): CalendarEntry {
  return {
    work_order_id: order.id,
    number: order.number,
    title: order.title,
    kind: order.kind,
    state: order.state,
    store_id: order.store_id,
    colour: { family: order.kind, fill },
    role: role ?? null,
    slot: order.slot,
    occupied_from: role ? wayFrom(order, before) : null,
    offer_expires_at: expiresAt ?? null,
    priority: order.priority,
    pinned: before?.pinned ?? false,
    customer: { name: order.customer.name },
    has_location: order.location !== null,
  };
}

/** The way there as long as it was known to be; the next reading tells exactly. */
function wayFrom(order: WorkOrder, before: CalendarEntry | undefined): string | null {
  if (!before?.occupied_from) return null;
  const way = Date.parse(before.slot.start) - Date.parse(before.occupied_from);
  return new Date(Date.parse(order.slot.start) - way).toISOString();
}

function overlaps({ slot }: WorkOrder, { span }: Calendar): boolean {
  return Date.parse(slot.start) < Date.parse(span.end) && Date.parse(slot.end) > Date.parse(span.start);
}

const byStart = (a: CalendarEntry, b: CalendarEntry) =>
  Date.parse(a.slot.start) - Date.parse(b.slot.start) || (a.work_order_id < b.work_order_id ? -1 : 1);
