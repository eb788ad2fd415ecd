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
}

type Act = (actions: Actions) => void;

const LETTERS: Record<string, Act> = {
  j: (actions) => actions.next(),
  k: (actions) => actions.previous(),
  v: (actions) => actions.view(),
  w: (actions) => actions.why(),
  ...Object.fromEntries([1, 2, 3, 4, 5, 6].map((rank) => [String(rank), (actions: Actions) => actions.choose(rank)])),
};

export interface Pressed {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** Where the focus is, as far as keys care. */
export type Focus = "field" | "control" | "row" | "page";

/** What a key does, or null when it is not ours. Enter belongs to whatever control has the focus. */
export function actionFor(pressed: Pressed, focus: Focus, lettersOn: boolean): Act | null {
  if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || focus === "field") return null;
  if (pressed.key === "Escape") return (actions) => actions.leave();
  if (pressed.key === "Enter") {
    if (focus === "control") return null;
    return pressed.shiftKey ? (actions) => actions.assign() : (actions) => actions.offer();
  }
  return lettersOn ? (LETTERS[pressed.key.toLowerCase()] ?? null) : null;
}

/** A selected row is where J and K leave the focus: Enter there means the order, not the row. */
export function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (target.closest("input, select, textarea, [contenteditable]")) return "field";
  if (target.closest("[data-row][aria-current='true']")) return "row";
  return target.closest("button, a, summary") ? "control" : "page";
}
