/** The keys of the list: J and K move, X ticks, Enter opens, O, A and T work on what is ticked. */
import { useLayoutEffect } from "preact/hooks";
import { usePage } from "../../frame/context";
import { go } from "../../frame/router";
import { neighbour } from "../../model/pending";
import { isInPanel } from "../../panel/keys";
import { focusOf, orderActionFor } from "../../state/keys";
import { isSpent } from "./preview";
import type { PendingState } from "./state";

/** What a key does on the list; null for one that means nothing. */
export function listAction(key: string, shift: boolean): ((state: PendingState) => void) | null {
  switch (key.toLowerCase()) {
    case "j":
    case "arrowdown":
      return (state) => moveCursor(state, 1);
    case "k":
    case "arrowup":
      return (state) => moveCursor(state, -1);
    case "x":
      return shift ? tickToCursor : tickCursor;
    case "enter":
      return openCursor;
    case "o":
      return (state) => openPane(state, "optimise");
    case "a":
      return (state) => openPane(state, "assign");
    case "t":
      return (state) => openPane(state, "transfer");
    default:
      return null;
  }
}

function rowIds(state: PendingState): string[] {
  return state.rows
    .peek()
    .filter(({ farewell }) => !farewell)
    .map(({ order }) => order.id);
}

function moveCursor(state: PendingState, step: 1 | -1): void {
  state.cursor.value = neighbour(rowIds(state), state.cursor.peek(), step);
}

function tickCursor(state: PendingState): void {
  const id = state.cursor.peek() ?? rowIds(state)[0];
  if (!id) return;
  state.cursor.value = id;
  state.tick(id, !state.ticked.peek().has(id));
}

function tickToCursor(state: PendingState): void {
  const id = state.cursor.peek();
  if (id) state.tickTo(id);
}

/** Once opens it beside the list, twice its own page; with a preview open it is given out. */
function openCursor(state: PendingState): void {
  if (state.pane.peek() === "optimise") {
    if (!state.working.peek() && !isSpent(state.outcomes.peek())) void state.commit();
    return;
  }
  const id = state.cursor.peek();
  if (!id) return;
  if (state.desk.selectedId.peek() === id && state.pane.peek() === null) go("order", { wo: id });
  else state.open(id);
}

function openPane(state: PendingState, pane: "optimise" | "assign" | "transfer"): void {
  if (state.chosen.peek().length === 0) tickCursor(state);
  if (state.chosen.peek().length > 0) state.openPane(pane);
}

export function usePendingKeys(state: PendingState): void {
  const { view } = usePage();
  // With what is drawn, so that a key pressed at once is not lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const focus = focusOf(event.target);
      if (event.key === "Escape" && focus !== "field") return leave(state);
      if (isInPanel(event.target) && orderActionFor(event, focus, view.letterKeys.value)) return;
      const field = focus === "field" && !(event.target as Element).matches("input.cb");
      if (!view.letterKeys.value || field || (event.key === "Enter" && focus === "control")) return;
      // Held keys move, and nothing else.
      const act = listAction(event.key, event.shiftKey);
      if (!act || (event.repeat && !/^([jk]|arrow(up|down))$/i.test(event.key))) return;
      event.preventDefault();
      act(state);
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [state, view]);
}

/** Escape closes what stands beside the list, then clears what is ticked. */
function leave(state: PendingState): void {
  if (state.pane.peek()) state.openPane(null);
  else if (state.desk.question.leaveInner()) return;
  else if (state.desk.selectedId.peek()) state.open(null);
  else state.tickAll(false);
}
