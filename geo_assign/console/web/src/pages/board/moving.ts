/**
 * A bar on its way, by pointer or by keys: what is being moved, where it would be now, and which step comes next.
 * Nothing here changes a work order: that takes the card's button.
 */
import { HOUR_MS, QUARTER_MS } from "../../model/dates";
import { type Axis, quarter, type Span, stepBy } from "./axis";

/** The row of work without a technician. */
export const UNASSIGNED = "unassigned";

/** `move` the whole bar, change its `end`, or mark time for something `new`. */
export type Grip = "move" | "end" | "new";
export type Hold = "pointer" | "keys" | "fields";

/** Where something is, or would be: the row's id and the time. */
export interface Place extends Span {
  rowId: string;
}

/** What is held. `orderId` null: something new. */
export interface Held {
  orderId: string | null;
  grip: Grip;
  by: Hold;
  from: Place;
}

export type Move =
  | { step: "idle" }
  /** The pointer is down; it may still be a click, or on touch a scroll. */
  | { step: "pressed"; held: Held; x: number; y: number; touch: boolean; armed: boolean; grabbedMs: number }
  | { step: "moving"; held: Held; at: Place; grabbedMs: number }
  /** Let go: the card asks what is to be done. */
  | { step: "asking"; held: Held; at: Place };

export const IDLE: Move = { step: "idle" };

/** How far a mouse moves before a press is a drag. */
const DRAG_PX = 4;
/** How far a finger may stray while it rests. */
const STRAY_PX = 10;
export const LONG_PRESS_MS = 350;
export const NEW_MS = HOUR_MS;

export interface Press {
  held: Held;
  x: number;
  y: number;
  touch: boolean;
  /** The instant under the pointer. */
  ms: number;
}

export function press({ held, x, y, touch, ms }: Press): Move {
  return { step: "pressed", held, x, y, touch, armed: !touch, grabbedMs: ms - held.from.startMs };
}

/** A finger rested long enough: from here on it drags. */
export function rested(move: Move): Move {
  if (move.step !== "pressed" || move.armed) return move;
  return { step: "moving", held: move.held, at: move.held.from, grabbedMs: move.grabbedMs };
}

export interface Pointed {
  x: number;
  y: number;
  rowId: string | null;
  ms: number;
}

/** The pointer moved to a row and an instant; null in `rowId`: over none. */
export function pointed(move: Move, { x, y, rowId, ms }: Pointed): Move {
  if (move.step === "pressed") {
    const far = Math.hypot(x - move.x, y - move.y);
    if (!move.armed) return far > STRAY_PX ? IDLE : move;
    if (far < DRAG_PX) return move;
    return pointed(
      { step: "moving", held: move.held, at: move.held.from, grabbedMs: move.grabbedMs },
      { x, y, rowId, ms },
    );
  }
  if (move.step !== "moving") return move;
  return { ...move, at: drawn(move, rowId, ms) };
}

function drawn(
  { held, at, grabbedMs }: { held: Held; at: Place; grabbedMs: number },
  rowId: string | null,
  ms: number,
): Place {
  const { from, grip } = held;
  if (grip === "move") {
    const startMs = quarter(ms - grabbedMs + QUARTER_MS / 2);
    return { rowId: rowId ?? at.rowId, startMs, endMs: startMs + from.endMs - from.startMs };
  }
  if (grip === "end") {
    return { ...from, endMs: Math.max(quarter(ms + QUARTER_MS / 2), from.startMs + QUARTER_MS) };
  }
  const [first, last] =
    ms < from.startMs ? [quarter(ms), from.startMs + QUARTER_MS] : [from.startMs, quarter(ms) + QUARTER_MS];
  return { rowId: from.rowId, startMs: first, endMs: Math.max(last, first + QUARTER_MS) };
}

/** What letting go means: a click, a question, or nothing. */
export type Released = { move: Move; clicked: Held | null };

export function released(move: Move): Released {
  if (move.step === "pressed") return { move: IDLE, clicked: move.held };
  if (move.step !== "moving" || move.held.by !== "pointer") return { move, clicked: null };
  if (move.held.grip !== "new" && samePlace(move.at, move.held.from)) return { move: IDLE, clicked: null };
  return { move: { step: "asking", held: move.held, at: move.at }, clicked: null };
}

/** Take a bar up with the keys, or with the card's fields. */
export function takeUp(held: Held): Move {
  return held.by === "fields"
    ? { step: "asking", held, at: held.from }
    : { step: "moving", held, at: held.from, grabbedMs: 0 };
}

/** What a key does while a bar is on its way. */
export type Stroke =
  | { key: "time"; by: 1 | -1; far: boolean }
  | { key: "row"; by: 1 | -1 }
  | { key: "length"; by: 1 | -1 }
  | { key: "drop" };

const KEYS: Record<string, Stroke> = {
  ArrowRight: { key: "time", by: 1, far: false },
  ArrowLeft: { key: "time", by: -1, far: false },
  ArrowDown: { key: "row", by: 1 },
  ArrowUp: { key: "row", by: -1 },
  "+": { key: "length", by: 1 },
  "=": { key: "length", by: 1 },
  "-": { key: "length", by: -1 },
  Enter: { key: "drop" },
};

export function strokeOf(key: string, shift: boolean): Stroke | null {
  const stroke = KEYS[key];
  if (!stroke) return null;
  return stroke.key === "time" ? { ...stroke, far: shift } : stroke;
}

/** Do what a key says; `rows` are the ids from top to bottom. */
export function struck(move: Move, stroke: Stroke, axis: Axis, rows: readonly string[]): Move {
  if (move.step !== "moving") return move;
  const { at } = move;
  if (stroke.key === "drop") return { step: "asking", held: move.held, at };
  if (stroke.key === "row") {
    const next = rows[rows.indexOf(at.rowId) + stroke.by];
    return next === undefined ? move : { ...move, at: { ...at, rowId: next } };
  }
  if (stroke.key === "length") {
    const endMs = Math.max(at.startMs + QUARTER_MS, at.endMs + stroke.by * QUARTER_MS);
    return { ...move, at: { ...at, endMs } };
  }
  const startMs = stepBy(axis, at.startMs, stroke.by * (stroke.far ? HOUR_MS : QUARTER_MS));
  return { ...move, at: { ...at, startMs, endMs: startMs + at.endMs - at.startMs } };
}

/** Another place from the card's fields. */
export function placedAt(move: Move, at: Place): Move {
  return move.step === "asking" ? { ...move, at } : move;
}

export function samePlace(a: Place, b: Place): boolean {
  return a.rowId === b.rowId && a.startMs === b.startMs && a.endMs === b.endMs;
}

/** The time that a click on an empty place marks: an hour from the half hour before. */
export function newPlace(rowId: string, ms: number): Place {
  const startMs = Math.floor(ms / (2 * QUARTER_MS)) * 2 * QUARTER_MS;
  return { rowId, startMs, endMs: startMs + NEW_MS };
}
