/** What the map should show for the open order; pure, so that it can be read without a map. */
import type { Candidate, Exclusion, LatLon, TechnicianFeature, WorkOrder } from "../api/types";
import type { Accuracy, Around } from "../map/features";
import type { Scene } from "../map/MapView";
import type { RankedMark } from "../map/markers";
import { ageSeconds } from "../model/clock";
import type { LegendKey } from "../model/fleet";
import { isTaken } from "../model/pending";
import { distance, firstName, travelTime } from "../model/words";
import { glyphOf, pin } from "../symbols/drawings";

/** A candidate known by a live position stands where the stream saw it last. */
export function withLive(candidate: Candidate, feature: TechnicianFeature | undefined): Candidate {
  if (candidate.position.provenance !== "live" || !feature) return candidate;
  const [lon, lat] = feature.geometry.coordinates;
  const { recorded_at, accuracy_m } = feature.properties;
  return { ...candidate, position: { ...candidate.position, lat, lon, recorded_at, accuracy_m } };
}

function fadeOf(age: number | null): RankedMark["fade"] {
  if (age === null || age > 300) return 3;
  return age > 60 ? 2 : 1;
}

function markOf(
  candidate: Candidate,
  feature: TechnicianFeature | undefined,
  chosen: boolean,
  nowMs: number,
): RankedMark {
  const { position } = candidate;
  const planned = position.provenance !== "live";
  const moving = (feature?.properties.speed_mps ?? 0) > 1;
  return {
    id: candidate.technician_id,
    rank: candidate.rank,
    at: { lat: position.lat, lon: position.lon },
    name: firstName(candidate.name),
    note: candidate.eta_s === null ? distance(candidate.distance_m) : travelTime(candidate.eta_s),
    provider: Boolean(candidate.provider ?? feature?.properties.provider),
    planned,
    heading_deg: moving ? (feature?.properties.heading_deg ?? null) : null,
    chosen,
    fade: planned ? 1 : fadeOf(ageSeconds(position.recorded_at, nowMs)),
  };
}

interface Seen {
  order: WorkOrder | null;
  candidates: Candidate[];
  /** Who cannot go: the nearest of them are held in view where no technician can. */
  excluded: readonly Exclusion[];
  chosen: Candidate | null;
  /** A technician pointed at who is not ranked. */
  technician: TechnicianFeature | null;
  technicians: ReadonlyMap<string, TechnicianFeature>;
  hidden: ReadonlySet<LegendKey>;
  /** The way of the day that is drawn. */
  track: readonly LatLon[];
  nowMs: number;
}

/** The scene of an open order, or the plain map when none is open. */
export function sceneOf(seen: Seen): Scene {
  const { order, technicians, chosen, nowMs } = seen;
  const asked = order?.location && !isTaken(order) ? seen.candidates : [];
  const ranked = asked.map((candidate) => {
    const feature = technicians.get(candidate.technician_id);
    return markOf(withLive(candidate, feature), feature, candidate === chosen, nowMs);
  });
  return {
    hidden: seen.hidden,
    order: order?.location
      ? { id: order.id, kind: order.kind, at: order.location, shapes: pin(order.kind, isTaken(order), glyphOf(order)) }
      : null,
    ranked,
    near: asked.length > 0 || !order?.location || isTaken(order) ? [] : nearestOf(seen),
    around: order?.location ? aroundOf(order.location, asked, ranked) : null,
    accuracy: accuracyOf(seen),
    track: seen.track,
  };
}

const HELD = 3;

/** Where the nearest of those are who cannot go, as far as the map shows them. */
function nearestOf({ excluded, technicians }: Seen): LatLon[] {
  return [...excluded]
    .filter(({ distance_m }) => distance_m !== null)
    .sort((a, b) => (a.distance_m ?? 0) - (b.distance_m ?? 0))
    .flatMap(({ technician_id }) => technicians.get(technician_id) ?? [])
    .slice(0, HELD)
    .map(({ geometry: { coordinates } }) => ({ lon: coordinates[0], lat: coordinates[1] }));
}

function aroundOf(origin: LatLon, asked: Candidate[], ranked: RankedMark[]): Around | null {
  if (asked.length === 0) return null;
  const farthest_m = Math.max(...asked.map((candidate) => candidate.straight_m ?? candidate.distance_m));
  return { origin, ranked: ranked.map((mark) => mark.at), farthest_m };
}

/** The accuracy circle belongs to one person: the chosen one, or the one pointed at. */
function accuracyOf({ technician, chosen, technicians }: Seen): Accuracy | null {
  const planned = chosen !== null && chosen.position.provenance !== "live";
  const feature = technician ?? (chosen && !planned ? technicians.get(chosen.technician_id) : undefined);
  if (!feature || feature.properties.accuracy_m === null) return null;
  const [lon, lat] = feature.geometry.coordinates;
  return { at: { lat, lon }, radius_m: feature.properties.accuracy_m };
}

/** What the camera should hold together: the order and all ranked technicians, or the nearest where none can go. */
export function framePoints(scene: Scene): LatLon[] {
  return scene.order ? [scene.order.at, ...scene.ranked.map((mark) => mark.at), ...scene.near] : [];
}
