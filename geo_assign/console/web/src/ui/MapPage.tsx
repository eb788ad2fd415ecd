import { useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { actionFor, focusOf, type Actions } from "../state/keys";
import type { Desk } from "../state/desk";
import type { View } from "../state/view";
import { BottomBar } from "./BottomBar";
import { usePage, type Page } from "./context";
import { Header } from "./Header";
import { MapPane } from "./MapPane";
import { Panel } from "./Panel";
import { Pending } from "./Pending";

type Screen = "desk" | "list" | "map" | "order";

/** The live map page: pending on the left, map in the middle, the open order on the right. */
export function MapPage() {
  const page = usePage();
  const { desk, view } = page;
  useStartSelection(page);
  useKeys(page);
  const order = desk.selected.value;
  const screen = screenOf(view, order !== null);
  return (
    <div class="app" data-screen={screen}>
      <Header screen={screen} />
      {desk.problem.value && <p class="banner" role="alert">{desk.problem.value}</p>}
      {(screen === "desk" || screen === "list") && <Pending />}
      {screen !== "list" && <MapPane />}
      {order && <Panel key={order.id} order={order} />}
      {view.phone.value && <BottomBar />}
      <div class="sr" role="status" aria-live="polite">{desk.announcement.value}</div>
    </div>
  );
}

function screenOf(view: View, open: boolean): Screen {
  if (!view.phone.value) return "desk";
  if (open) return "order";
  return view.phoneTab.value === "pending" ? "list" : "map";
}

/** The open order is in the address, so that a second window can show it; at first the oldest is open. */
function useStartSelection({ desk, view }: Page) {
  useEffect(() => {
    const wanted = new URL(location.href).searchParams.get("wo");
    if (wanted) desk.select(wanted);
  }, [desk]);
  useSignalEffect(() => {
    if (desk.loaded.value && desk.selected.peek() === null && !view.phone.peek()) desk.selectFirst();
  });
  useSignalEffect(() => {
    const url = new URL(location.href);
    const id = desk.selectedId.value;
    if (id) url.searchParams.set("wo", id);
    else url.searchParams.delete("wo");
    if (url.href !== location.href) history.replaceState(null, "", url);
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
    find: () => document.getElementById("find")?.focus(),
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
