/** Which moves the tabs of a browser need, and the one box that the tab with the connection asks for. */
import type { Box } from "../model/geometry";

/** The moves that a tab needs: those within a box, all of them, or none. */
export type Part = Box | "all" | "none";

/** A box is asked for with so much of its size on each side, so that a small step of the map asks for nothing. */
const MARGIN = 0.5;
/** What is asked for is asked for anew when the tabs need less than this share of it: two steps closer. */
const LEAST_SHARE = 1 / 16;
/** Nothing moves within a box without a size; work orders are told wherever they are. */
const NOWHERE: Box = [0, 0, 0, 0];

/** The smallest part in which all of them lie. Where one lies across the antimeridian it goes around the Earth. */
export function unionOf(parts: readonly Part[]): Part {
  if (parts.includes("all")) return "all";
  const boxes = parts.filter((part): part is Box => typeof part !== "string");
  if (boxes.length === 0) return "none";
  const around = boxes.some(([west, , east]) => west > east);
  return [
    around ? -180 : Math.min(...boxes.map(([west]) => west)),
    Math.min(...boxes.map(([, south]) => south)),
    around ? 180 : Math.max(...boxes.map(([, , east]) => east)),
    Math.max(...boxes.map(([, , , north]) => north)),
  ];
}

/** What is asked for where `needed` is needed. */
export function withMargin(needed: Part): Part {
  if (typeof needed === "string") return needed;
  const [west, south, east, north] = flat(needed);
  const across = (east - west) * MARGIN;
  const up = (north - south) * MARGIN;
  return [
    Math.max(-180, west - across),
    Math.max(-90, south - up),
    Math.min(180, east + across),
    Math.min(90, north + up),
  ];
}

/** Whether who hears `asked` hears all of `needed`. */
export function covers(asked: Part, needed: Part): boolean {
  if (asked === "all" || needed === "none") return true;
  if (asked === "none" || needed === "all") return false;
  const outer = flat(asked);
  const inner = flat(needed);
  return outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3];
}

/** Whether `asked` has to be asked for anew, now that `needed` is needed. */
export function isOutgrown(asked: Part, needed: Part): boolean {
  return !covers(asked, needed) || sizeOf(needed) < sizeOf(asked) * LEAST_SHARE;
}

/** The address of the stream that goes on from `cursor`. */
export function liveAddress(cursor: string, part: Part): string {
  const from = `/v1/live?cursor=${encodeURIComponent(cursor)}`;
  if (part === "all") return from;
  const box = part === "none" ? NOWHERE : part;
  return `${from}&bbox=${box.map((degrees) => degrees.toFixed(5)).join(",")}`;
}

function flat([west, south, east, north]: Box): Box {
  return west > east ? [-180, south, 180, north] : [west, south, east, north];
}

function sizeOf(part: Part): number {
  if (part === "all") return Number.POSITIVE_INFINITY;
  if (part === "none") return 0;
  const [west, south, east, north] = flat(part);
  return (east - west) * (north - south);
}
