/** On which side of its mark a name stands: no name lies under a mark, or on another name. */

/** In pixels of the screen: where the mark is, and how wide its name is; 0 for none. */
export interface Labelled {
  x: number;
  y: number;
  width: number;
}

export type Side = "right" | "left" | "none";

interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const MARK_PX = 12;
const GAP_PX = 3;
const HALF_LINE_PX = 8;
const PIN_PX = { half: 19, height: 46 };
const LETTER_PX = 6.6;

/** About how wide a name is in the map's letters. */
export const widthOf = (text: string): number => text.length * LETTER_PX;

/** The side of each name, the first first; a name that has room on neither is left out: the list beside the map has it. */
export function sidesOf(marks: readonly Labelled[], pin: { x: number; y: number } | null): Side[] {
  const bodies = marks.map(({ x, y }) => around(x, y, MARK_PX));
  const taken: Box[] = pin
    ? [{ left: pin.x - PIN_PX.half, right: pin.x + PIN_PX.half, top: pin.y - PIN_PX.height, bottom: pin.y }]
    : [];
  return marks.map((mark, place) => {
    if (mark.width === 0) return "none";
    const others = bodies.filter((_, other) => other !== place);
    const side = (["right", "left"] as const).find(
      (each) => ![...others, ...taken].some((box) => overlap(box, boxOf(mark, each))),
    );
    if (side) taken.push(boxOf(mark, side));
    return side ?? "none";
  });
}

const around = (x: number, y: number, half: number): Box => ({
  left: x - half,
  right: x + half,
  top: y - half,
  bottom: y + half,
});

function boxOf({ x, y, width }: Labelled, side: "right" | "left"): Box {
  const near = MARK_PX + GAP_PX;
  const left = side === "right" ? x + near : x - near - width;
  return { left, right: left + width, top: y - HALF_LINE_PX, bottom: y + HALF_LINE_PX };
}

const overlap = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
