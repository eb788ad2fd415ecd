/** The map's layers as data: the ground, the people and places, and what surrounds a selected order. */
import type {
  ExpressionSpecification,
  LayerSpecification,
  RasterLayerSpecification,
  SourceSpecification,
  StyleSpecification,
} from "maplibre-gl";
import type { Config, TechnicianStatus } from "../api/types";
import { ringExpressions } from "./rings";

export type Colour = (token: string) => string;

/** The source of the service's own tiles. */
export const CROWD = "crowd";

/** From this zoom on symbols are drawn, below it circles: ten thousand symbols in one view cost too much. */
const SYMBOL_ZOOM = 13;
const SMALL_FLEET = 1_500;
const SMALL_FLEET_SYMBOL_ZOOM = 11.5;
const NAME_ZOOM = 15;
/** From here on tiles are drawn larger: more than are told one by one are not in view any more. */
export const CLOSEST_TILES = 17;

/** A fleet that fits a view in any case may show its symbols earlier. */
export const symbolZoom = (features: number) => (features > SMALL_FLEET ? SYMBOL_ZOOM : SMALL_FLEET_SYMBOL_ZOOM);
const FONT_BOLD = ["Hyperlegible Bold"];

/** When a technician was heard from, as features of the map say it, or tiles. */
const heard: ExpressionSpecification = ["coalesce", ["get", "at"], ["get", "heard"], 0];
const age: ExpressionSpecification = ["-", ["global-state", "now"], heard];
const freshness: ExpressionSpecification = ["step", age, 1, 60, 0.72, 300, 0.5];
/** While an order is open, busy technicians are drawn fainter; old positions always are. */
const opacity: ExpressionSpecification = [
  "*",
  freshness,
  ["case", ["all", ["global-state", "asking"], ["==", ["get", "status"], "busy"]], 0.62, 1],
];

/** Technicians come from the map's features, or from tiles; `opacity` is 0 for one of a tile who has moved since. */
interface Origin {
  prefix: "technician" | "crowd";
  from: { source: string; "source-layer"?: string };
  image: ExpressionSpecification;
  heading: ExpressionSpecification;
  opacity: ExpressionSpecification;
}

const FEATURES: Origin = {
  prefix: "technician",
  from: { source: "technicians" },
  image: ["get", "image"],
  heading: ["get", "heading"],
  opacity,
};
const TILES: Origin = {
  prefix: "crowd",
  from: { source: CROWD, "source-layer": "technicians" },
  image: ["concat", "person-", ["get", "status"], ["case", ["get", "provider"], "-diamond", "-round"]],
  heading: ["get", "heading_deg"],
  opacity: ["case", ["boolean", ["feature-state", "told"], false], 0, opacity],
};

function statusColour(colours: Record<TechnicianStatus, string>): ExpressionSpecification {
  const { free, offered, busy, silent } = colours;
  return ["match", ["get", "status"], "free", free, "offered", offered, "busy", busy, silent];
}

const kindColour = (colour: Colour): ExpressionSpecification => [
  "match",
  ["get", "kind"],
  "lead",
  colour("lead"),
  colour("ticket"),
];

const wide = (...stops: number[]): ExpressionSpecification => ["interpolate", ["exponential", 1.8], ["zoom"], ...stops];

const only = (layer: string): ExpressionSpecification => ["==", ["get", "layer"], layer];

function rasterPaint(dark: boolean): RasterLayerSpecification["paint"] {
  return dark
    ? { "raster-brightness-max": 0.42, "raster-saturation": -0.7, "raster-contrast": 0.1 }
    : { "raster-brightness-min": 0.12, "raster-saturation": -0.45, "raster-contrast": -0.08 };
}

function ground(colour: Colour): LayerSpecification[] {
  const fill = (layer: string): LayerSpecification => ({
    id: `ground-${layer}`,
    type: "fill",
    source: "basemap",
    filter: only(layer),
    paint: { "fill-color": colour(`map-${layer}`) },
  });
  const line = (id: string, layer: string, token: string, width: ExpressionSpecification): LayerSpecification => ({
    id: `ground-${id}`,
    type: "line",
    source: "basemap",
    filter: only(layer),
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour(token), "line-width": width },
  });
  return [
    ...["land", "block", "park", "water"].map(fill),
    line("road", "road", "map-road", wide(10, 0.4, 13, 3, 16, 14, 19, 60)),
    line("main-edge", "main", "map-main-edge", wide(10, 1.6, 13, 7, 16, 23, 19, 86)),
    line("main", "main", "map-main", wide(10, 1.2, 13, 6, 16, 21, 19, 82)),
  ];
}

function groundLabels(colour: Colour): LayerSpecification[] {
  const paint = { "text-color": colour("map-label"), "text-halo-color": colour("map-halo"), "text-halo-width": 1.4 };
  const layout = { "text-field": ["get", "name"], "text-font": FONT_BOLD, "text-size": 11, "text-padding": 12 };
  const spaced = { "text-letter-spacing": 0.1, "text-transform": "uppercase" };
  return [
    {
      id: "ground-street",
      type: "symbol",
      source: "basemap",
      minzoom: NAME_ZOOM,
      filter: ["in", ["get", "layer"], ["literal", ["road", "main"]]],
      layout: { ...layout, "symbol-placement": "line" } as object,
      paint,
    },
    {
      id: "ground-label",
      type: "symbol",
      source: "basemap",
      filter: only("label"),
      layout: { ...layout, ...spaced } as object,
      paint,
    },
  ];
}

function around(colour: Colour): LayerSpecification[] {
  const line = (id: string, role: string, paint: object): LayerSpecification => ({
    id,
    type: "line",
    source: "around",
    filter: ["==", ["get", "role"], role],
    layout: { "line-cap": "round", "line-join": "round" },
    paint,
  });
  return [
    {
      id: "ring-fill",
      type: "fill",
      source: "around",
      filter: ["==", ["get", "role"], "inner"],
      paint: { "fill-color": colour("ink"), "fill-opacity": 0.035 },
    },
    line("track", "track", { "line-color": colour("ink"), "line-opacity": 0.75, "line-width": 2.5 }),
    line("ring", "ring", {
      "line-color": colour("ink"),
      "line-opacity": 0.42,
      "line-width": 1.2,
      "line-dasharray": [1.5, 4],
    }),
    line("way-case", "way", { "line-color": colour("map-halo"), "line-width": 6, "line-opacity": 0.9 }),
    line("way-first", "way", {
      "line-color": colour("free"),
      "line-width": 2.4,
      "line-opacity": ["case", ["get", "first"], 1, 0],
    }),
    line("way-next", "way", {
      "line-color": colour("free"),
      "line-width": 1.8,
      "line-opacity": ["case", ["get", "first"], 0, 0.55],
      "line-dasharray": [0.6, 2.8],
    }),
    {
      id: "accuracy",
      type: "fill",
      source: "around",
      filter: ["==", ["get", "role"], "accuracy"],
      paint: { "fill-color": colour("free"), "fill-opacity": 0.16, "fill-outline-color": colour("free") },
    },
    {
      id: "ring-label",
      type: "symbol",
      source: "around",
      filter: ["==", ["get", "role"], "label"],
      layout: { "text-field": ["get", "text"], "text-font": FONT_BOLD, "text-size": 11, "text-allow-overlap": true },
      paint: { "text-color": colour("ink-2"), "text-halo-color": colour("map-halo"), "text-halo-width": 2 },
    },
  ];
}

function orderCircle(colour: Colour): LayerSpecification {
  return {
    id: "order-circle",
    type: "circle",
    source: "orders",
    maxzoom: SYMBOL_ZOOM,
    paint: {
      "circle-radius": wide(8, 2.5, 12, 5),
      "circle-color": ["case", ["get", "taken"], kindColour(colour), colour("surface")],
      "circle-stroke-color": kindColour(colour),
      "circle-stroke-width": 2,
    },
  };
}

function technicianCircle(colour: Colour, { prefix, from, opacity }: Origin): LayerSpecification {
  const surface = colour("surface");
  const paint = { free: colour("free"), offered: surface, busy: colour("busy"), silent: surface };
  const stroke = { free: surface, offered: colour("free"), busy: surface, silent: colour("silent") };
  return {
    id: `${prefix}-circle`,
    type: "circle",
    ...from,
    maxzoom: SYMBOL_ZOOM,
    paint: {
      "circle-radius": wide(8, 3, 12, 6),
      "circle-color": statusColour(paint),
      "circle-stroke-color": statusColour(stroke),
      "circle-stroke-width": 1.6,
      "circle-opacity": opacity,
      "circle-stroke-opacity": opacity,
    },
  };
}

const pictured = (id: string, from: Origin["from"], layout: object, paint: object): LayerSpecification => ({
  id,
  type: "symbol",
  ...from,
  minzoom: SYMBOL_ZOOM,
  layout: { "icon-allow-overlap": true, "icon-ignore-placement": true, ...layout },
  paint,
});

function technicianSymbols(colour: Colour, { prefix, from, image, heading, opacity }: Origin): LayerSpecification[] {
  const quiet = { "text-color": colour("ink"), "text-halo-color": colour("map-halo"), "text-halo-width": 1.6 };
  const beak = (id: string, drawn: string | ExpressionSpecification) => {
    const layout = { "icon-image": drawn, "icon-rotate": heading, "icon-rotation-alignment": "map" };
    return pictured(`${prefix}-${id}`, from, layout, { "icon-opacity": opacity });
  };
  return [
    beak("beak-halo", "beak-halo"),
    pictured(`${prefix}-symbol`, from, { "icon-image": image }, { "icon-opacity": opacity }),
    beak("beak", ["match", ["get", "status"], "busy", "beak-busy", "beak-free"]),
    {
      id: `${prefix}-name`,
      type: "symbol",
      ...from,
      minzoom: NAME_ZOOM,
      layout: {
        "text-field": ["get", "name"],
        "text-font": FONT_BOLD,
        "text-size": 12,
        "text-anchor": "left",
        "text-offset": [1.2, 0],
        "text-optional": true,
      },
      paint: { ...quiet, "text-opacity": opacity },
    },
  ];
}

const orderSymbol = () =>
  pictured(
    "order-symbol",
    { source: "orders" },
    { "icon-image": ["get", "image"], "icon-anchor": "center", "icon-offset": [0, -11] },
    {},
  );

/** Clusters of tiles as rings by status, with how many they are. */
function rings(colour: Colour): LayerSpecification {
  const { image, count } = ringExpressions(new Set());
  return {
    id: RING_LAYER,
    type: "symbol",
    source: CROWD,
    "source-layer": "clusters",
    layout: {
      "icon-image": image,
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "text-field": ["to-string", count],
      "text-font": FONT_BOLD,
      "text-size": 12,
      "text-allow-overlap": true,
      "text-ignore-placement": true,
    },
    paint: { "text-color": colour("ink") },
  };
}

/** Layers that a click or the legend's filters act on. */
export const TECHNICIAN_LAYERS = [
  "technician-circle",
  "technician-beak-halo",
  "technician-symbol",
  "technician-beak",
  "technician-name",
];
export const ORDER_LAYERS = ["order-circle", "order-symbol"];
export const CIRCLE_LAYERS = ["technician-circle", "order-circle"];
export const SYMBOL_LAYERS = ["order-symbol", "technician-beak-halo", "technician-symbol", "technician-beak"];
/** Of technicians in tiles: as `TECHNICIAN_LAYERS`. */
export const CROWD_LAYERS = TECHNICIAN_LAYERS.map((id) => id.replace("technician", CROWD));
export const RING_LAYER = "crowd-ring";
export const isBeak = (layer: string) => layer.includes("beak");

/** All layers, bottom to top, in the present theme's colours; those of the service's tiles are not seen at first. */
export function layers(colour: Colour, { dark, tiles }: { dark: boolean; tiles: boolean }): LayerSpecification[] {
  const unseen = (layer: LayerSpecification): LayerSpecification =>
    ({ ...layer, layout: { ...layer.layout, visibility: "none" } }) as LayerSpecification;
  const raster: LayerSpecification[] = tiles
    ? [{ id: "tiles", type: "raster", source: "tiles", paint: rasterPaint(dark) }]
    : [];
  return [
    { id: "land", type: "background", paint: { "background-color": colour("map-land") } },
    ...ground(colour),
    ...raster,
    ...groundLabels(colour),
    ...around(colour),
    unseen(rings(colour)),
    orderCircle(colour),
    unseen(technicianCircle(colour, TILES)),
    technicianCircle(colour, FEATURES),
    orderSymbol(),
    ...technicianSymbols(colour, TILES).map(unseen),
    ...technicianSymbols(colour, FEATURES),
  ];
}

const EMPTY: GeoJSON.FeatureCollection = { type: "FeatureCollection", features: [] };

/** The style to start with. No glyph server: labels are drawn from the page's own fonts. */
export function startStyle(colour: Colour, dark: boolean, tiles: Config["tiles"]): StyleSpecification {
  const points = (): SourceSpecification => ({ type: "geojson", data: EMPTY, promoteId: "id" });
  const sources: Record<string, SourceSpecification> = {
    basemap: { type: "geojson", data: EMPTY },
    around: { type: "geojson", data: EMPTY },
    orders: points(),
    technicians: points(),
    [CROWD]: {
      type: "vector",
      tiles: [`${location.origin}/v1/map/tiles/{z}/{x}/{y}.mvt`],
      maxzoom: CLOSEST_TILES,
      promoteId: { technicians: "id" },
    },
  };
  if (tiles) sources.tiles = { type: "raster", tiles: [tiles.url], tileSize: 256, maxzoom: 19 };
  return {
    version: 8,
    state: { now: { default: 0 }, asking: { default: false } },
    sources,
    layers: layers(colour, { dark, tiles: tiles !== null }),
  };
}
