/** Numbers in the dispatcher's words. */
import { locale } from "../texts/language";

/** `12 s`, `3 min`, `2 h`, `4 d`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** `80 m`, `0.8 km` (`0,8 km` where numbers are written so), `12 km`. */
export function distance(metres: number): string {
  return distanceOf(metres, 1);
}

/** The same of a distance that was chosen: `3 km`, not `3.0 km`. */
export function shortDistance(metres: number): string {
  return distanceOf(metres, 0);
}

function distanceOf(metres: number, digits: 0 | 1): string {
  if (metres < 95) return `${Math.round(metres / 10) * 10} m`;
  if (metres >= 9_950) return `${Math.round(metres / 1000)} km`;
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: 1 };
  return `${(metres / 1000).toLocaleString(locale.value, shown)} km`;
}

/** `4 min`, never `0 min`. */
export function travelTime(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function firstName(name: string): string {
  return name.trim().split(/\s+/)[0] ?? name;
}

/** At most two letters for a face that has no picture. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters
    .map((word) => (word ? ([...word][0] ?? "") : ""))
    .join("")
    .toUpperCase();
}

export function plural(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
