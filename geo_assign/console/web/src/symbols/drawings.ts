/**
 * The one symbol set, as data: the lists draw it as SVG, the map as images, the legend as either.
 * Coordinates lie on a 24 × 24 box around (0, 0); paints are names of colour tokens.
 */
import type { Bucket, OrderKind, OrderState, TechnicianStatus } from "../api/types";

export type Paint = "surface" | "free" | "busy" | "silent" | "lead" | "ticket" | "on" | "glyph";

export interface Shape {
  d: string;
  fill?: Paint;
  stroke?: Paint;
  width?: number;
  dash?: number[];
}

const circle = (r: number, x = 0, y = 0) =>
  `M${x - r} ${y}A${r} ${r} 0 1 1 ${x + r} ${y}A${r} ${r} 0 1 1 ${x - r} ${y}Z`;
const diamond = (half: number) => `M0 ${-half}L${half} 0L0 ${half}L${-half} 0Z`;

const BODY = { round: circle(8.5), diamond: diamond(10.4) };
const INNER = { round: circle(7.2), diamond: diamond(8.8) };
const RIGHT_HALF = { round: "M0-7.2A7.2 7.2 0 0 1 0 7.2Z", diamond: "M0-8.8L8.8 0L0 8.8Z" };
const BAR = "M-3.6 0H3.6";

export type Outline = keyof typeof BODY;

/** People: the outline says whose, the fill says whether they can go. */
export function person(status: TechnicianStatus, outline: Outline): Shape[] {
  switch (status) {
    case "free":
      return [{ d: BODY[outline], fill: "free", stroke: "surface", width: 2.2 }];
    case "offered":
      return [
        { d: BODY[outline], fill: "surface", stroke: "surface", width: 2.2 },
        { d: INNER[outline], fill: "surface", stroke: "free", width: 2.4 },
        { d: RIGHT_HALF[outline], fill: "free" },
      ];
    case "busy":
      return [
        { d: BODY[outline], fill: "busy", stroke: "surface", width: 2.2 },
        { d: BAR, stroke: "surface", width: 2.4 },
      ];
    case "silent":
      return [
        { d: BODY[outline], fill: "surface", stroke: "surface", width: 2.2 },
        { d: INNER[outline], fill: "surface", stroke: "silent", width: 2, dash: [3, 2.4] },
      ];
  }
}

/** Where a technician will be: never to be taken for a live dot. */
export const PLANNED: Shape[] = [
  { d: circle(9.6), fill: "surface" },
  { d: circle(8), fill: "surface", stroke: "free", width: 1.9, dash: [3.4, 1.6] },
];

/** The heading, pointing north; its foot follows the body's edge, so that faded ones do not darken each other. */
const BEAK = "M-5.3-5Q-2.6-9.4 0-15.2Q2.6-9.4 5.3-5A7.3 7.3 0 0 0-5.3-5Z";
export const BEAK_HALO: Shape[] = [{ d: BEAK, fill: "surface", stroke: "surface", width: 4 }];
export const beak = (paint: Paint): Shape[] => [{ d: BEAK, fill: paint }];

const PIN: Record<OrderKind, { solid: string; hollow: string }> = {
  lead: {
    solid: "M0 11L-5.2 5.4A8 8 0 1 1 5.2 5.4Z",
    hollow: "M0 10L-4.9 4.9A7.3 7.3 0 1 1 4.9 4.9Z",
  },
  ticket: {
    solid:
      "M0 11L-4.4 6H-5.6A2.2 2.2 0 0 1-7.8 3.8V-8A2.2 2.2 0 0 1-5.6-10.2H5.6A2.2 2.2 0 0 1 7.8-8V3.8A2.2 2.2 0 0 1 5.6 6H4.4Z",
    hollow:
      "M0 10L-3.9 5.4H-5.3A1.8 1.8 0 0 1-7.1 3.6V-7.7A1.8 1.8 0 0 1-5.3-9.5H5.3A1.8 1.8 0 0 1 7.1-7.7V3.6A1.8 1.8 0 0 1 5.3 5.4H3.9Z",
  },
};

export type Glyph = "alert" | "ask" | "clock" | "check" | "go" | "work" | "dot";

const GLYPHS: Record<Glyph, (paint: Paint) => Shape[]> = {
  alert: (paint) => [
    { d: "M0-6.2V-1.6", stroke: paint, width: 2.6 },
    { d: circle(1.6, 0, 2), fill: paint },
  ],
  ask: (paint) => [
    { d: "M-2.6-4.4A2.7 2.7 0 1 1 0-1.4V-.2", stroke: paint, width: 2.2 },
    { d: circle(1.5, 0, 3), fill: paint },
  ],
  clock: (paint) => [{ d: "M0-6V-2L3 0", stroke: paint, width: 2.3 }],
  check: (paint) => [{ d: "M-3.6-1.8L-1 .8L3.8-4.6", stroke: paint, width: 2.5 }],
  go: (paint) => [{ d: "M-3.6-2H3M.4-5L3.4-2L.4 1", stroke: paint, width: 2.3 }],
  work: (paint) => [{ d: "M-2.4-6L4-2L-2.4 2Z", fill: paint }],
  dot: (paint) => [{ d: circle(2.6, 0, -2), fill: paint }],
};

/** The sign alone, in the colour of what it stands on (`--glyph`). */
export const glyphShapes = (glyph: Glyph): Shape[] => GLYPHS[glyph]("glyph");

/** Places: round head = lead, square head = ticket; hollow = not assigned, solid = assigned. */
export function pin(kind: OrderKind, taken: boolean, glyph: Glyph): Shape[] {
  const body: Shape[] = taken
    ? [{ d: PIN[kind].solid, fill: kind, stroke: "surface", width: 2 }]
    : [
        { d: PIN[kind].solid, fill: "surface", stroke: "surface", width: 4.4 },
        { d: PIN[kind].hollow, fill: "surface", stroke: kind, width: 2.3 },
      ];
  return [...body, ...GLYPHS[glyph](taken ? "on" : kind)];
}

export const KINDS: OrderKind[] = ["lead", "ticket"];
export const STATUSES: TechnicianStatus[] = ["free", "offered", "busy", "silent"];
export const GLYPH_NAMES = Object.keys(GLYPHS) as Glyph[];

const UNDER_WAY: Partial<Record<OrderState, Glyph>> = {
  travelling: "go",
  on_site: "work",
  in_progress: "work",
  completed: "check",
};

/** The sign inside an order's pin. */
export function glyphOf(order: { state: OrderState; bucket: Bucket; pending_reason: string | null }): Glyph {
  const sign = UNDER_WAY[order.state];
  if (sign) return sign;
  if (order.bucket === "being_offered") return "clock";
  if (order.pending_reason === "needs_location") return "ask";
  return order.bucket === "needs_you" ? "alert" : "dot";
}

/** The name of an image on the map. */
export const personImage = (status: TechnicianStatus, provider: boolean) =>
  `person-${status}-${provider ? "diamond" : "round"}`;
export const pinImage = (kind: OrderKind, taken: boolean, glyph: Glyph) =>
  `pin-${kind}-${taken ? "solid" : "hollow"}-${glyph}`;

/** Every image that a map layer may name. */
export function mapImages(): Map<string, Shape[]> {
  const images = new Map<string, Shape[]>([
    ["beak-halo", BEAK_HALO],
    ["beak-free", beak("free")],
    ["beak-busy", beak("busy")],
  ]);
  for (const status of STATUSES) {
    images.set(personImage(status, false), person(status, "round"));
    images.set(personImage(status, true), person(status, "diamond"));
  }
  for (const kind of KINDS) {
    for (const glyph of GLYPH_NAMES) {
      images.set(pinImage(kind, false, glyph), pin(kind, false, glyph));
      images.set(pinImage(kind, true, glyph), pin(kind, true, glyph));
    }
  }
  return images;
}
