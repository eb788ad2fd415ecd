/** Keys as a table. Single letters can be switched off; nothing is taken from a field or a dialog. */

export interface Actions {
  next(): void;
  previous(): void;
  offer(): void;
  assign(): void;
  leave(): void;
  choose(rank: number): void;
  why(): void;
  view(): void;
  undo(): void;
  /** Move the pin that is being placed: east and north, in steps; `fine` for small ones. */
  nudge(east: number, north: number, fine: boolean): void;
}

type Act = (actions: Actions) => void;

const LETTERS: Record<string, Act> = {
  j: (actions) => actions.next(),
  k: (actions) => actions.previous(),
  v: (actions) => actions.view(),
  w: (actions) => actions.why(),
  u: (actions) => actions.undo(),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((rank) => [String(rank), (actions: Actions) => actions.choose(rank)])),
};

/** What may be held down. */
const STEPS = new Set(["j", "k"]);
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, 1],
  ArrowDown: [0, -1],
};

/** The arrows move a pin while one is being placed; on the map itself they move the map. */
export function nudgeFor(pressed: Pressed, focus: Focus): Act | null {
  const arrow = ARROWS[pressed.key];
  if (!arrow || focus === "field" || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return null;
  return (actions) => actions.nudge(arrow[0], arrow[1], pressed.shiftKey);
}

export interface Pressed {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  /** Held down: what gives something away does so once. */
  repeat: boolean;
}

/** Where the focus is, as far as keys care. */
export type Focus = "field" | "control" | "row" | "page";

/** What a key does, or null when it is not ours. Enter belongs to whatever control has the focus. */
export function actionFor(pressed: Pressed, focus: Focus, lettersOn: boolean): Act | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || focus === "field") return null;
  if (pressed.key === "Escape") return (actions) => actions.leave();
  if (pressed.key === "Enter") {
    if (focus === "control" || pressed.repeat) return null;
    return pressed.shiftKey ? (actions) => actions.assign() : (actions) => actions.offer();
  }
  if (pressed.repeat && !STEPS.has(pressed.key.toLowerCase())) return null;
  return lettersOn ? (LETTERS[pressed.key.toLowerCase()] ?? null) : null;
}

/** A selected row is where J and K leave the focus: Enter there means the order, not the row. */
export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.closest("input, select, textarea, [contenteditable]")) return "field";
  if (target.closest("[data-row][aria-current='true']")) return "row";
  return target.closest("button, a, summary") ? "control" : "page";
}
