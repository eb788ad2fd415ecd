import "../../styles/pending.css";
import "../../styles/map.css";
import "../../styles/panel.css";
import "../../styles/phone.css";
import { untracked, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect } from "preact/hooks";
import { type Page, usePage } from "../../frame/context";
import { queryValue } from "../../frame/router";
import { movedBy } from "../../model/geometry";
import { isFinished } from "../../model/pending";
import { orderActions } from "../../panel/keys";
import { Panel } from "../../panel/Panel";
import { Told } from "../../panel/Told";
import type { Desk } from "../../state/desk";
import { type Actions, actionFor, focusOf, nudgeFor } from "../../state/keys";
import type { View } from "../../state/view";
import { texts } from "../../texts/console";
import { Lists } from "./Lists";
import { MapPane } from "./MapPane";
import { parseInstant } from "./past/model";
import { PastCard } from "./past/PastCard";
import { PastList } from "./past/PastList";

type Screen = "desk" | "list" | "map" | "order";

/** The live map page: pending on the left, map in the middle, the open order on the right. */
export default function MapPage() {
  const page = usePage();
  const { desk, view } = page;
  useStartSelection(page);
  useKeys(page);
  usePast(page);
  const order = desk.selected.value;
  const past = desk.past.at.value !== null;
  const screen = screenOf(view, past ? desk.selectedId.value !== null : order !== null);
  return (
    <div class="app" data-screen={screen}>
      {(screen === "desk" || screen === "list") && (past ? <PastList /> : <Lists />)}
      {screen !== "list" && <MapPane />}
      {order && <Panel key={order.id} order={order} />}
      {past && <PastCard />}
      {desk.notFound.value && <NotFound />}
      {!past && <Told />}
    </div>
  );
}

/** The past that the address names, until this page is left. */
function usePast({ desk }: Page) {
  useSignalEffect(() => {
    const at = parseInstant(queryValue("at"));
    if (desk.loaded.value) untracked(() => void desk.lookAt(at));
  });
  useEffect(() => () => void desk.lookAt(null), [desk]);
}

/** A link to an order that is not there, or not for this user. */
function NotFound() {
  const { desk } = usePage();
  const words = texts.value.panel;
  return (
    <section class="near card" data-shows="nothing" aria-label={words.notFound}>
      <div class="empty">
        <p role="alert">{words.notFound}</p>
        <button type="button" class="btn" onClick={() => desk.select(null)}>
          {words.close}
        </button>
        {desk.needsYouCount.value > 0 && (
          <button type="button" class="btn" onClick={() => desk.selectFirst()}>
            {words.showFirst}
          </button>
        )}
      </div>
    </section>
  );
}

function screenOf(view: View, open: boolean): Screen {
  if (!view.phone.value) return "desk";
  if (open) return "order";
  return view.phoneTab.value === "pending" ? "list" : "map";
}

/** At first the oldest order that needs a technician is open, unless a technician was looked for. */
function useStartSelection({ desk, view }: Page) {
  useSignalEffect(() => {
    const free = desk.selectedId.peek() === null && desk.technicianId.peek() === null;
    if (desk.loaded.value && free && !view.phone.peek()) desk.selectFirst();
  });
}

function useKeys(page: Page) {
  // With what is drawn, so that a key pressed at once is not lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const focus = focusOf(event.target);
      const nudge = page.desk.placing.value ? nudgeFor(event, focus) : null;
      const act = nudge ?? actionFor(event, focus, page.view.letterKeys.value);
      if (!act) return;
      event.preventDefault();
      act(actionsOf(page));
    };
    // Before the map hears of the arrows.
    document.addEventListener("keydown", pressed, { capture: true });
    return () => document.removeEventListener("keydown", pressed, { capture: true });
  }, [page.desk]);
}

function actionsOf(page: Page): Actions {
  const { desk } = page;
  const step = (by: 1 | -1) => {
    desk.step(by);
    requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-row][aria-current='true']")?.focus());
  };
  return {
    ...orderActions(page),
    next: () => step(1),
    previous: () => step(-1),
    offer: () => enter(desk),
    leave: () => leave(desk),
    view: () => (desk.viewWish.value = { technicianId: null }),
    place: () => place(desk),
    nudge: (east, north, fine) => nudge(desk, east, north, fine),
  };
}

function enter(desk: Desk) {
  const at = desk.placing.value;
  void (at ? desk.locate({ location: at }) : desk.question.giveByKey("offer"));
}

function place(desk: Desk) {
  const order = desk.selected.peek();
  if (order && !isFinished(order)) desk.startPlacing();
}

const STEP_M = 25;
const FINE_STEP_M = 2;

function nudge(desk: Desk, east: number, north: number, fine: boolean) {
  const at = desk.placing.peek();
  const step = fine ? FINE_STEP_M : STEP_M;
  if (at) desk.placing.value = movedBy(at, east * step, north * step);
}

/** Escape leaves one thing at a time, the innermost first. */
function leave(desk: Desk) {
  if (desk.placing.value) desk.placing.value = null;
  else if (desk.question.leaveInner()) return;
  else if (desk.technicianId.value) desk.selection.leavePerson();
  else desk.select(null);
}
