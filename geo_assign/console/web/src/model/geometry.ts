/** Small geodesy for what the map draws around an order. */
import type { LatLon } from "../api/types";

const EARTH_M = 6_371_008.8;
const RAD = Math.PI / 180;

/** Great-circle metres. */
export function metresBetween(a: LatLon, b: LatLon): number {
  const half = (degrees: number) => Math.sin((degrees * RAD) / 2) ** 2;
  const h = half(b.lat - a.lat) + Math.cos(a.lat * RAD) * Math.cos(b.lat * RAD) * half(b.lon - a.lon);
  return 2 * EARTH_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** The point `metres` from `from` at a bearing in degrees from north. */
export function pointAt(from: LatLon, metres: number, bearingDeg: number): LatLon {
  const arc = metres / EARTH_M;
  const lat = from.lat * RAD;
  const bearing = bearingDeg * RAD;
  const there = Math.asin(Math.sin(lat) * Math.cos(arc) + Math.cos(lat) * Math.sin(arc) * Math.cos(bearing));
  const turn = Math.atan2(
    Math.sin(bearing) * Math.sin(arc) * Math.cos(lat),
    Math.cos(arc) - Math.sin(lat) * Math.sin(there),
  );
  return { lat: there / RAD, lon: from.lon + turn / RAD };
}

/** A closed ring of [lon, lat] around a point. */
export function ring(centre: LatLon, metres: number, corners = 96): [number, number][] {
  return Array.from({ length: corners + 1 }, (_, index) => {
    const at = pointAt(centre, metres, (index % corners) * (360 / corners));
    return [at.lon, at.lat];
  });
}

const NICE_M = [100, 200, 250, 500, 1_000, 2_000, 2_500, 5_000, 10_000, 20_000, 25_000, 50_000, 100_000];

/** Three range rings that reach the farthest candidate. */
export function ringRadii(farthest_m: number): number[] {
  const step = NICE_M.find((each) => each >= 250 && each * 3.3 >= farthest_m) ?? 100_000;
  return [step, step * 2, step * 3];
}

const BAR_M = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
];

/** The longest round distance that fits, and its width. */
export function scaleBar(metresPerPixel: number, widest_px: number): { text: string; width_px: number } {
  const metres = BAR_M.filter((each) => each / metresPerPixel <= widest_px).at(-1) ?? 1;
  const text = metres < 1000 ? `${metres} m` : `${metres / 1000} km`;
  return { text, width_px: Math.round(metres / metresPerPixel) };
}

export function metresPerPixel(lat: number, zoom: number): number {
  return (Math.cos(lat * RAD) * 2 * Math.PI * 6_378_137) / (512 * 2 ** zoom);
}

/** [west, south, east, north], or null of nothing. */
export function boundsOf(points: readonly LatLon[]): [number, number, number, number] | null {
  if (points.length === 0) return null;
  const lons = points.map((point) => point.lon);
  const lats = points.map((point) => point.lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** West, south, east, north. */
export type Box = [number, number, number, number];

/** A box of a map on which the Earth may be seen more than once. */
export function onEarth([west, south, east, north]: Box): Box {
  const low = Math.max(-90, Math.min(90, south));
  const high = Math.max(-90, Math.min(90, north));
  if (east - west >= 360) return [-180, low, 180, high];
  const turned = (lon: number) => ((((lon + 180) % 360) + 360) % 360) - 180;
  return west < -180 || east > 180 ? [turned(west), low, turned(east), high] : [west, low, east, high];
}

/** So many degrees around a place. */
export function boxAround({ lat, lon }: LatLon, degrees: number): Box {
  return onEarth([lon - degrees, lat - degrees, lon + degrees, lat + degrees]);
}

/** Whether a place lies in a box, whose west may lie east of its east across the antimeridian. */
export function isWithin([west, south, east, north]: Box, lon: number, lat: number): boolean {
  if (lat < south || lat > north) return false;
  return west <= east ? lon >= west && lon <= east : lon >= west || lon <= east;
}

/** A place moved by metres to the east and north. */
export function movedBy({ lat, lon }: LatLon, east_m: number, north_m: number): LatLon {
  const perDegree = 111_320;
  const across = perDegree * Math.max(0.01, Math.cos((lat * Math.PI) / 180));
  return { lat: Math.max(-90, Math.min(90, lat + north_m / perDegree)), lon: lon + east_m / across };
}
