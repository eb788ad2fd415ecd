/** Keys as a table. Single letters can be switched off; nothing is taken from a field or a dialog. */

/** What keys do with the open order, on whatever page its panel stands. */
export interface OrderActions {
  offer(): void;
  assign(): void;
  choose(rank: number): void;
  why(): void;
  undo(): void;
  /** Look for another technician for an order that one has. */
  replace(): void;
  /** Send it to another store or group. */
  transfer(): void;
}

/** And what they do on the map besides. */
export interface Actions extends OrderActions {
  next(): void;
  previous(): void;
  leave(): void;
  view(): void;
  place(): void;
  /** Move the pin that is being placed: east and north, in steps; `fine` for small ones. */
  nudge(east: number, north: number, fine: boolean): void;
}

type Act = (actions: Actions) => void;
export type OrderAct = (actions: OrderActions) => void;

const ORDER_KEYS: Record<string, OrderAct> = {
  w: (actions) => actions.why(),
  u: (actions) => actions.undo(),
  t: (actions) => actions.transfer(),
  "shift+r": (actions) => actions.replace(),
  ...Object.fromEntries(
    [1, 2, 3, 4, 5, 6].map((rank) => [String(rank), (actions: OrderActions) => actions.choose(rank)]),
  ),
};

const MAP_KEYS: Record<string, Act> = {
  j: (actions) => actions.next(),
  k: (actions) => actions.previous(),
  v: (actions) => actions.view(),
  p: (actions) => actions.place(),
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

/** What a key does on the map, or null when it is not ours. Enter belongs to whatever control has the focus. */
export function actionFor(pressed: Pressed, focus: Focus, lettersOn: boolean): Act | null {
  if (isTaken(pressed, focus)) return null;
  if (pressed.key === "Escape") return (actions) => actions.leave();
  const letter = pressed.key.toLowerCase();
  if (lettersOn && MAP_KEYS[letter] && (!pressed.repeat || STEPS.has(letter))) return MAP_KEYS[letter];
  return orderActionFor(pressed, focus, lettersOn);
}

/** What a key does with the open order, or null. What is held down does so once. */
export function orderActionFor(pressed: Pressed, focus: Focus, lettersOn: boolean): OrderAct | null {
  if (isTaken(pressed, focus) || pressed.repeat) return null;
  if (pressed.key === "Enter") {
    if (focus === "control") return null;
    return pressed.shiftKey ? (actions) => actions.assign() : (actions) => actions.offer();
  }
  const letter = pressed.key.toLowerCase();
  return lettersOn ? (pressed.shiftKey && ORDER_KEYS[`shift+${letter}`]) || (ORDER_KEYS[letter] ?? null) : null;
}

/** A field's, or a shortcut of the browser. */
function isTaken({ ctrlKey, metaKey, altKey }: Pressed, focus: Focus): boolean {
  return ctrlKey || metaKey || altKey || focus === "field";
}

/** A selected row is where J and K leave the focus: Enter there means the order, not the row. */
export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.closest("input, select, textarea, [contenteditable]")) return "field";
  if (target.closest("[data-row][aria-current='true']")) return "row";
  return target.closest("button, a, summary") ? "control" : "page";
}
