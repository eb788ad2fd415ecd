/** A cluster as a ring: one arc per status, the total in the middle. */
import type { MapCluster, TechnicianStatus } from "../api/types";
import type { LegendKey } from "../model/fleet";
import { texts } from "../texts/console";

const SVG = "http://www.w3.org/2000/svg";
export const STATUSES: TechnicianStatus[] = ["free", "offered", "busy", "silent"];
const SMALLEST = 30;
const LARGEST = 58;
export const STROKE = 5;

/** The diameter in pixels: a hundred times as many people are about twice as wide. */
export function clusterSize(count: number): number {
  return Math.round(Math.min(LARGEST, SMALLEST + Math.log10(Math.max(1, count)) * 8));
}

export interface Arc {
  status: TechnicianStatus;
  /** Where it begins and how long it is, as shares of the ring. */
  from: number;
  share: number;
}

/** The arcs of those statuses that the legend leaves on, and how many people they are. */
export function arcsOf({ technicians }: MapCluster, hidden: ReadonlySet<LegendKey>): { arcs: Arc[]; count: number } {
  const shown = STATUSES.filter((status) => !hidden.has(status) && technicians[status] > 0);
  const count = shown.reduce((sum, status) => sum + technicians[status], 0);
  let from = 0;
  const arcs = shown.map((status) => {
    const arc = { status, from, share: technicians[status] / count };
    from += arc.share;
    return arc;
  });
  return { arcs, count };
}

/** Null where the legend hides everyone in it. */
export function clusterElement(cluster: MapCluster, hidden: ReadonlySet<LegendKey>): HTMLElement | null {
  const { arcs, count } = arcsOf(cluster, hidden);
  if (count === 0) return null;
  const size = clusterSize(count);
  const holder = document.createElement("button");
  holder.type = "button";
  holder.className = "mark cluster";
  holder.tabIndex = -1;
  holder.style.width = `${size}px`;
  holder.style.height = `${size}px`;
  const text = texts.value.map.cluster(count, hidden.has("free") ? 0 : cluster.technicians.free);
  holder.setAttribute("aria-label", text);
  holder.title = text;
  const label = document.createElement("b");
  label.textContent = String(count);
  holder.append(drawRing(arcs, size), label);
  return holder;
}

function drawRing(arcs: readonly Arc[], size: number): SVGElement {
  const radius = (size - STROKE) / 2;
  const round = 2 * Math.PI * radius;
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("aria-hidden", "true");
  for (const { status, from, share } of arcs) {
    const arc = document.createElementNS(SVG, "circle");
    arc.setAttribute("class", `arc ${status}`);
    arc.setAttribute("cx", String(size / 2));
    arc.setAttribute("cy", String(size / 2));
    arc.setAttribute("r", String(radius));
    arc.setAttribute("stroke-dasharray", `${(share * round).toFixed(2)} ${round.toFixed(2)}`);
    arc.setAttribute("stroke-dashoffset", (-from * round).toFixed(2));
    svg.append(arc);
  }
  return svg;
}
