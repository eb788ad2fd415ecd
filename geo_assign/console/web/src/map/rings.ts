/** Clusters of tiles as rings: images named by what they show, drawn when a tile first asks for one. */
import type { ExpressionSpecification } from "maplibre-gl";
import type { TechnicianStatus } from "../api/types";
import type { LegendKey } from "../model/fleet";
import type { Box } from "../model/geometry";
import { clusterSize, STATUSES, STROKE } from "./clusters";

const NAME = "ring";
/** A ring is divided into so many parts: enough to read, few enough that rings are alike. */
const PARTS = 8;
/** Diameters differ by so many pixels. */
const STEP_PX = 4;
/** A tile of clusters has 2 ** 3 cells each way. */
const CELL_BITS = 3;

/** The name of a cluster's image and its number, of those statuses that the legend leaves on. */
export function ringExpressions(hidden: ReadonlySet<LegendKey>): {
  image: ExpressionSpecification;
  count: ExpressionSpecification;
} {
  const shown = STATUSES.filter((status) => !hidden.has(status));
  const count: ExpressionSpecification = ["+", 0, ...shown.map((status): ExpressionSpecification => ["get", status])];
  const parts = STATUSES.map((status): ExpressionSpecification | string => {
    if (hidden.has(status)) return "0";
    const share: ExpressionSpecification = ["round", ["/", ["*", PARTS, ["get", status]], count]];
    return ["to-string", ["case", [">", ["get", status], 0], ["max", 1, share], 0]];
  });
  const dashed = parts.flatMap((part) => ["-", part]);
  const image: ExpressionSpecification = ["concat", `${NAME}-`, ["to-string", sizeOf(count)], ...dashed];
  return { image, count };
}

/** As `clusterSize`, in steps. */
function sizeOf(count: ExpressionSpecification): ExpressionSpecification {
  const stops: number[] = [];
  let last = ringSize(1);
  for (let number = 1; number <= 100_000; number = Math.ceil(number * 1.1)) {
    const size = ringSize(number);
    if (size !== last) stops.push(number, size);
    last = size;
  }
  return ["step", count, ringSize(1), ...stops];
}

const ringSize = (count: number) => Math.round(clusterSize(count) / STEP_PX) * STEP_PX;

export interface Ring {
  size: number;
  /** Of the statuses, in their order. */
  parts: number[];
}

/** What an image of that name shows; null for names of other images. */
export function ringNamed(name: string): Ring | null {
  const [kind, size, ...parts] = name.split("-");
  return kind === NAME && parts.length === STATUSES.length ? { size: Number(size), parts: parts.map(Number) } : null;
}

const TOKENS: Record<TechnicianStatus, { token: string; alpha: number }> = {
  free: { token: "free", alpha: 1 },
  offered: { token: "free", alpha: 0.45 },
  busy: { token: "busy", alpha: 1 },
  silent: { token: "silent", alpha: 1 },
};

export function paintRing({ size, parts }: Ring, colour: (token: string) => string, pixelRatio: number): ImageData {
  const side = size * pixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, side / 2, side / 2);
  context.fillStyle = colour("surface");
  context.beginPath();
  context.arc(0, 0, size / 2, 0, 2 * Math.PI);
  context.fill();
  context.lineWidth = STROKE;
  const all = parts.reduce((sum, each) => sum + each, 0) || 1;
  let from = -Math.PI / 2;
  STATUSES.forEach((status, index) => {
    const to = from + ((parts[index] ?? 0) / all) * 2 * Math.PI;
    context.globalAlpha = TOKENS[status].alpha;
    context.strokeStyle = colour(TOKENS[status].token);
    context.beginPath();
    context.arc(0, 0, (size - STROKE) / 2, from, to);
    context.stroke();
    from = to;
  });
  return context.getImageData(0, 0, side, side);
}

/** The cell of a cluster at `lon`, `lat` on a tile of that zoom. */
export function cellOf(lon: number, lat: number, tileZoom: number): Box {
  const across = 2 ** (tileZoom + CELL_BITS);
  const radians = (lat * Math.PI) / 180;
  const column = Math.floor(((lon + 180) / 360) * across);
  const line = Math.floor(((1 - Math.asinh(Math.tan(radians)) / Math.PI) / 2) * across);
  const latOf = (each: number) => (Math.atan(Math.sinh(Math.PI * (1 - (2 * each) / across))) * 180) / Math.PI;
  return [(column / across) * 360 - 180, latOf(line + 1), ((column + 1) / across) * 360 - 180, latOf(line)];
}
