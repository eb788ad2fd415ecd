import "../../styles/pending.css";
import "../../styles/map.css";
import "../../styles/panel.css";
import "../../styles/phone.css";
import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type Page, usePage } from "../../frame/context";
import { Panel } from "../../panel/Panel";
import type { Desk } from "../../state/desk";
import { type Actions, actionFor, focusOf } from "../../state/keys";
import type { View } from "../../state/view";
import { MapPane } from "./MapPane";
import { Pending } from "./Pending";

type Screen = "desk" | "list" | "map" | "order";

/** The live map page: pending on the left, map in the middle, the open order on the right. */
export default function MapPage() {
  const page = usePage();
  const { desk, view } = page;
  useStartSelection(page);
  useKeys(page);
  const order = desk.selected.value;
  const screen = screenOf(view, order !== null);
  return (
    <div class="app" data-screen={screen}>
      {(screen === "desk" || screen === "list") && <Pending />}
      {screen !== "list" && <MapPane />}
      {order && <Panel key={order.id} order={order} />}
    </div>
  );
}

function screenOf(view: View, open: boolean): Screen {
  if (!view.phone.value) return "desk";
  if (open) return "order";
  return view.phoneTab.value === "pending" ? "list" : "map";
}

/** At first the oldest order that needs a technician is open. */
function useStartSelection({ desk, view }: Page) {
  useSignalEffect(() => {
    if (desk.loaded.value && desk.selected.peek() === null && !view.phone.peek()) desk.selectFirst();
  });
}

function useKeys(page: Page) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const act = actionFor(event, focusOf(event.target), page.view.letterKeys.value);
      if (!act) return;
      event.preventDefault();
      act(actionsOf(page));
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [page.desk]);
}

function actionsOf({ desk }: Page): Actions {
  const step = (by: 1 | -1) => {
    desk.step(by);
    requestAnimationFrame(() => document.querySelector<HTMLElement>("[data-row][aria-current='true']")?.focus());
  };
  return {
    next: () => step(1),
    previous: () => step(-1),
    offer: () => enter(desk),
    assign: () => void desk.question.give("assign"),
    leave: () => leave(desk),
    choose: (rank) => desk.question.chooseRank(rank),
    why: () => (desk.question.whyOpen.value = !desk.question.whyOpen.value),
    view: () => (desk.viewWish.value = { technicianId: null }),
  };
}

function enter(desk: Desk) {
  const at = desk.placing.value;
  void (at ? desk.locate({ location: at }) : desk.question.give("offer"));
}

/** Escape leaves one thing at a time, the innermost first. */
function leave(desk: Desk) {
  if (desk.placing.value) desk.placing.value = null;
  else if (desk.question.whyOpen.value) desk.question.whyOpen.value = false;
  else if (desk.technicianId.value) desk.technicianId.value = null;
  else desk.select(null);
}
