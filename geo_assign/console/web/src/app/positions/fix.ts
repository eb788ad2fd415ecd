/** A place where the phone was: made of what the browser says, in the words of the service. */
import type { Owned } from "../kept/shelves";

export interface Fix extends Owned {
  /** By the server's clock: a phone that is minutes wrong would otherwise seem to be silent, or ahead. */
  recorded_at: string;
  lat: number;
  lon: number;
  accuracy_m: number | null;
  speed_mps: number | null;
  heading_deg: number | null;
  /** 0 to 1; null where the browser does not tell. */
  battery: number | null;
}

/** How often positions are wanted, in seconds. */
export interface Intervals {
  moving_s: number;
  standing_s: number;
}

export const MOVING_FROM_MPS = 2;
const FAR_M = 50;

type Coordinates = Pick<GeolocationCoordinates, "latitude" | "longitude" | "accuracy" | "speed" | "heading">;

export function fixOf(owner: string, coordinates: Coordinates, atMs: number, battery: number | null): Fix {
  const { latitude, longitude, accuracy, speed, heading } = coordinates;
  return {
    owner,
    recorded_at: new Date(atMs).toISOString(),
    lat: latitude,
    lon: longitude,
    accuracy_m: finite(accuracy),
    speed_mps: finite(speed),
    heading_deg: finite(heading),
    battery,
  };
}

/** Whether a place is worth keeping: the first, and then as often as wanted, sooner where it went far. */
export function isDue(last: Fix | null, next: Fix, intervals: Intervals, movedM: number): boolean {
  if (last === null) return true;
  const passed_s = (Date.parse(next.recorded_at) - Date.parse(last.recorded_at)) / 1000;
  if (passed_s <= 0) return false;
  const moving = (next.speed_mps ?? 0) >= MOVING_FROM_MPS || movedM >= FAR_M;
  return passed_s >= (moving ? intervals.moving_s : intervals.standing_s);
}

const finite = (value: number | null | undefined): number | null =>
  value !== null && value !== undefined && Number.isFinite(value) ? value : null;
