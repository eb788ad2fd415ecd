/** Features of the API as the map's sources hold them: only what a layer reads. */

import type { ExpressionSpecification, FilterSpecification, GeoJSONSourceDiff } from "maplibre-gl";
import type { LatLon } from "../api/types";
import type { FleetChange, LegendKey, MapFeature } from "../model/fleet";
import { pointAt, ring, ringRadii } from "../model/geometry";
import { isTaken } from "../model/pending";
import { distance } from "../model/words";
import { glyphOf, personImage, pinImage } from "../symbols/drawings";

/** Slower than this a heading is noise. */
const MOVING_MPS = 1;

type Drawn = GeoJSON.Feature<GeoJSON.Point>;

/** A point for a source. `at` is in seconds, 0 = unknown; `heading` -1 = none, 0 = north. */
export function drawn(feature: MapFeature): Drawn {
  const { properties } = feature;
  const point = { type: "Feature" as const, id: feature.id, geometry: feature.geometry };
  if (properties.kind === "work_order") {
    const taken = isTaken(properties);
    const image = pinImage(properties.order_kind, taken, glyphOf(properties));
    return { ...point, properties: { id: feature.id, kind: properties.order_kind, taken, image } };
  }
  const { status, provider, heading_deg, speed_mps, recorded_at, name } = properties;
  const moving = heading_deg !== null && (speed_mps ?? 0) > MOVING_MPS && status !== "silent";
  return {
    ...point,
    properties: {
      id: feature.id,
      name,
      status,
      provider,
      at: recorded_at === null ? 0 : Date.parse(recorded_at) / 1000,
      heading: moving ? heading_deg : -1,
      image: personImage(status, provider),
    },
  };
}

/** One change split by source, as `updateData` takes it. */
export function sourceDiffs(change: FleetChange): Record<"technicians" | "orders", GeoJSONSourceDiff> {
  const of = (kind: "technician" | "work_order"): GeoJSONSourceDiff => ({
    remove: change.gone,
    add: change.set.filter((feature) => feature.properties.kind === kind).map(drawn),
  });
  return { technicians: of("technician"), orders: of("work_order") };
}

/** Who is drawn: what the legend leaves on, less those that a marker already shows. */
export function technicianFilter(
  hidden: ReadonlySet<LegendKey>,
  marked: readonly string[],
  beaks: "features" | "tiles" | null,
): FilterSpecification {
  const conditions: ExpressionSpecification[] = [
    ["!", ["in", ["get", "status"], ["literal", [...hidden]]]],
    ["!", ["in", ["get", "id"], ["literal", [...marked]]]],
  ];
  if (hidden.has("provider")) conditions.push(["!", ["get", "provider"]]);
  if (beaks === "features") conditions.push([">=", ["get", "heading"], 0]);
  if (beaks === "tiles") {
    conditions.push(["has", "heading_deg"], [">", ["coalesce", ["get", "speed_mps"], 0], MOVING_MPS]);
    conditions.push(["!=", ["get", "status"], "silent"]);
  }
  return ["all", ...conditions];
}

export function orderFilter(hidden: ReadonlySet<LegendKey>, selected: string | null): FilterSpecification {
  return ["all", ["!", ["in", ["get", "kind"], ["literal", [...hidden]]]], ["!=", ["get", "id"], selected ?? ""]];
}

export interface Accuracy {
  at: LatLon;
  radius_m: number;
}

export interface Around {
  origin: LatLon;
  /** Ranked places, nearest first; the first three get a line. */
  ranked: LatLon[];
  farthest_m: number;
}

/** Rings and ways of an open order, and one person's accuracy; nothing when there is neither. */
export function aroundFeatures(
  around: Around | null,
  accuracy: Accuracy | null,
  track: readonly LatLon[] = [],
): GeoJSON.FeatureCollection {
  const features: GeoJSON.Feature[] = [];
  const add = (role: string, geometry: GeoJSON.Geometry, more: object = {}) =>
    features.push({ type: "Feature", geometry, properties: { role, ...more } });
  if (around) {
    const { origin, ranked } = around;
    ringRadii(around.farthest_m).forEach((metres, index) => {
      const corners = ring(origin, metres);
      if (index === 0) add("inner", { type: "Polygon", coordinates: [corners] });
      add("ring", { type: "LineString", coordinates: corners });
      const label = pointAt(origin, metres, 135);
      add(
        "label",
        { type: "Point", coordinates: [label.lon, label.lat] },
        { text: distance(metres).replace(".0", "") },
      );
    });
    ranked.slice(0, 3).forEach((place, index) => {
      const coordinates = [
        [place.lon, place.lat],
        [origin.lon, origin.lat],
      ];
      add("way", { type: "LineString", coordinates }, { first: index === 0 });
    });
  }
  if (track.length > 1) {
    add("track", { type: "LineString", coordinates: track.map(({ lat, lon }) => [lon, lat]) });
  }
  if (accuracy) add("accuracy", { type: "Polygon", coordinates: [ring(accuracy.at, accuracy.radius_m, 48)] });
  return { type: "FeatureCollection", features };
}
