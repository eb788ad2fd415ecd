/** Bars that overlap lie in lanes above each other; the one that begins first, and lasts longest, is on top. */
import type { Span } from "./axis";

export interface Stacked<B> {
  bar: B;
  lane: number;
  /** When the bar before it in the lane ends; null for the first. */
  freeFromMs: number | null;
}

export interface Stack<B> {
  bars: Stacked<B>[];
  lanes: number;
}

/** `shortestMs`: a bar takes at least this long, so that a short one's words do not lie under the next. */
export function stack<B extends Span & { key: string }>(bars: Iterable<B>, shortestMs = 0): Stack<B> {
  const ends: number[] = [];
  const ordered = [...bars].sort((a, b) => a.startMs - b.startMs || b.endMs - a.endMs || (a.key < b.key ? -1 : 1));
  const placed = ordered.map((bar) => {
    let lane = ends.findIndex((end) => end <= bar.startMs);
    if (lane < 0) lane = ends.length;
    const freeFromMs = ends[lane] ?? null;
    ends[lane] = Math.max(bar.endMs, bar.startMs + shortestMs);
    return { bar, lane, freeFromMs };
  });
  return { bars: placed, lanes: Math.max(1, ends.length) };
}
