/** The keys of the open work order: the same on every page, wherever its panel stands. */
import { useLayoutEffect } from "preact/hooks";
import type { Me, WorkOrder } from "../api/types";
import { type Page, usePage } from "../frame/context";
import { currentPage } from "../frame/router";
import type { Desk } from "../state/desk";
import { focusOf, type OrderActions, orderActionFor } from "../state/keys";
import { mayReplace, maySend } from "./rights";

/** Letters that choose why an order is given to another technician; none of them is a key of a page. */
export const REASON_KEYS = { l: "late", i: "ill", b: "breakdown", s: "skill", c: "customer" } as const;
export type ReasonKey = keyof typeof REASON_KEYS;

/** What the keys do with the open order. */
export function orderActions({ desk }: Page): OrderActions {
  const { question } = desk;
  return {
    offer: () => void question.giveByKey("offer"),
    assign: () => void question.giveByKey("assign"),
    choose: (rank) => question.chooseRank(rank),
    why: () => {
      question.whyOpen.value = !question.whyOpen.value;
    },
    undo: () => {
      if (desk.past.at.peek() === null) void desk.giving.undo();
    },
    replace: () => {
      if (opened(desk, mayReplace)) question.replace(true);
    },
    transfer: () => {
      if (opened(desk, maySend)) question.sending.value = true;
    },
  };
}

const opened = (desk: Desk, may: (order: WorkOrder, me: Me) => boolean) => {
  const order = desk.selected.peek();
  return order !== null && may(order, desk.me);
};

/** On the map its own keys come first, on the list of pending work the list's unless the focus is in the panel. */
export function usePanelKeys(): void {
  const page = usePage();
  // With what is drawn, so that a key pressed at once is not lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || leavesToPage(event)) return;
      const act = reasonFor(page, event) ?? orderActionFor(event, focusOf(event.target), page.view.letterKeys.peek());
      if (!act) return;
      event.preventDefault();
      act(orderActions(page));
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [page]);
}

/** Whether the focus is in the panel of the open order. */
export function isInPanel(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(".near") !== null;
}

const leavesToPage = ({ target }: KeyboardEvent) => currentPage.peek() === "pending" && !isInPanel(target);

/** While a reason is asked for, its letters choose it. */
function reasonFor({ desk, view }: Page, event: KeyboardEvent): (() => void) | null {
  const letter = event.key.toLowerCase();
  const modified = event.ctrlKey || event.metaKey || event.altKey || event.shiftKey;
  if (!(letter in REASON_KEYS) || modified || !view.letterKeys.peek() || focusOf(event.target) === "field") return null;
  if (!desk.question.replacing.peek()) return null;
  return () => desk.question.reasonKey(REASON_KEYS[letter as ReasonKey]);
}
