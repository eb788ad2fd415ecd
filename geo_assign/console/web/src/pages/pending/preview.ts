/** A preview as it is drawn and compared. */
import type { LatLon, Optimization, TechnicianFeature, WorkOrder } from "../../api/types";
import type { SmallLine, SmallMark } from "../../map/SmallMap";
import { isTaken } from "../../model/pending";
import { firstName } from "../../model/words";
import { glyphOf, person, pin } from "../../symbols/drawings";

type Technicians = ReadonlyMap<string, TechnicianFeature>;

/** Whether something of it was given out already. */
export const isSpent = (outcomes: ReadonlyMap<string, unknown>): boolean => outcomes.size > 0;

/** How many orders it is about: those that are left out, too. */
export const ordersOf = ({ pairs, unassigned }: Pick<Optimization, "pairs" | "unassigned">): number =>
  pairs.length + unassigned.length;

function placeOf(technician: TechnicianFeature): LatLon {
  const [lon = 0, lat = 0] = technician.geometry.coordinates;
  return { lat, lon };
}

/** The name of a technician, from the map or from the preview itself; null where neither tells it. */
export function nameOf(id: string, preview: Optimization, technicians: Technicians): string | null {
  return technicians.get(id)?.properties.name ?? preview.pairs.find((pair) => pair.technician_id === id)?.name ?? null;
}

/** Solid lines for what is given together; dotted ones for one by one, where that differs. */
export function sceneOf(
  preview: Optimization,
  orders: ReadonlyMap<string, WorkOrder>,
  technicians: Technicians,
): { marks: SmallMark[]; lines: SmallLine[] } {
  const marks = new Map<string, SmallMark>();
  const lines: SmallLine[] = [];
  const markTechnician = (id: string): LatLon | null => {
    const technician = technicians.get(id);
    if (!technician) return null;
    const { status, provider, name } = technician.properties;
    const at = placeOf(technician);
    marks.set(id, { id, at, shapes: person(status, provider ? "diamond" : "round"), name: firstName(name) });
    return at;
  };
  for (const pair of preview.pairs) {
    const order = orders.get(pair.work_order_id);
    if (!order?.location) continue;
    const to = order.location;
    marks.set(order.id, { id: order.id, at: to, shapes: pin(order.kind, isTaken(order), glyphOf(order)), name: "" });
    const from = markTechnician(pair.technician_id);
    if (from) lines.push({ from, to, kind: "solid" });
    if (!pair.greedy || pair.greedy.technician_id === pair.technician_id) continue;
    const other = markTechnician(pair.greedy.technician_id);
    if (other) lines.push({ from: other, to, kind: "dotted" });
  }
  return { marks: [...marks.values()], lines };
}

type Totals = Pick<Optimization["totals"], "optimal_m" | "greedy_m" | "optimal_s" | "greedy_s">;

/** What is least, together and one by one: seconds of road where a router told them, else metres. */
export function waysOf({ optimal_m, greedy_m, optimal_s, greedy_s }: Totals): {
  together: number;
  oneByOne: number;
  bySeconds: boolean;
} {
  if (optimal_s !== null && greedy_s !== null) return { together: optimal_s, oneByOne: greedy_s, bySeconds: true };
  return { together: optimal_m, oneByOne: greedy_m, bySeconds: false };
}

/** The lengths of the two bars, in per cent of the longer one. */
export function sharesOf(ways: { together: number; oneByOne: number }): { together: number; oneByOne: number } {
  const longest = Math.max(ways.together, ways.oneByOne, 1);
  return {
    together: Math.round((ways.together / longest) * 100),
    oneByOne: Math.round((ways.oneByOne / longest) * 100),
  };
}
