/** What the timeline draws, in values and words; it knows nothing of work orders beyond this. */
import type { OrderKind } from "../../api/types";
import type { Glyph, Shape } from "../../symbols/drawings";
import type { Span } from "./axis";

/** Without a technician, held by an offer, assigned, under way, done: as the calendar has it. */
export type Fill = "hollow" | "dashed" | "soft" | "solid" | "faded";

export interface Bar extends Span {
  /** Of this bar alone: an order with a crew has one in each row. */
  key: string;
  orderId: string;
  rowId: string;
  kind: OrderKind;
  fill: Fill;
  glyph: Glyph;
  title: string;
  /** The second line, where there is room. */
  detail: string;
  /** All of it, for screen readers and as a tip. */
  label: string;
  /** When the way there begins; null without one. */
  travelFromMs: number | null;
  travelText: string;
  /** Why it stays where it is; null where it may be moved. */
  fixed: "under_way" | "done" | "along" | null;
}

export interface Shade extends Span {
  kind: "off" | "away" | "busy";
  text: string;
}

export interface Note {
  text: string;
  tone: "plain" | "live" | "old";
}

export interface Row {
  id: string;
  name: string;
  /** The technician's symbol; none for work without a technician. */
  shapes: readonly Shape[] | null;
  notes: readonly Note[];
  /** The row's name and notes, for screen readers. */
  label: string;
  bars: readonly Bar[];
  shades: readonly Shade[];
}

export const isUnassigned = (rowId: string) => rowId.startsWith("unassigned");
