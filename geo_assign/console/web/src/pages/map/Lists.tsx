import { useSignal } from "@preact/signals";
import { usePage } from "../../frame/context";
import { FindBox } from "../../frame/FindBox";
import { duration } from "../../model/words";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { GroupChoice, Pending } from "./Pending";
import { People } from "./People";

type List = "pending" | "people" | "events";

/** The column beside the map: what waits, who is there, what happened. */
export function Lists() {
  const { desk, view } = usePage();
  const words = texts.value.map;
  const shown = useSignal<List>("pending");
  const names: Record<List, string> = { pending: words.pending, people: words.peopleList, events: words.events };
  const Column = view.phone.value ? "main" : "aside";
  return (
    <Column class="todo" aria-label={names[shown.value]}>
      <header>
        <h1>{names[shown.value]}</h1>
        {shown.value === "pending" && desk.loaded.value && <span class="count">{desk.pendingCount.value}</span>}
        {shown.value === "pending" && <GroupChoice />}
        <div class="lists" role="group" aria-label={words.lists}>
          {(["pending", "people", "events"] as const).map((list) => (
            <button
              type="button"
              key={list}
              class="icon-button"
              aria-label={names[list]}
              title={names[list]}
              aria-pressed={shown.value === list}
              onClick={() => (shown.value = list)}
            >
              <Icon name={list === "pending" ? "list" : list === "people" ? "people" : "clock"} />
            </button>
          ))}
        </div>
      </header>
      {view.phone.value && <FindBox />}
      {shown.value === "pending" && <Pending />}
      {shown.value === "people" && <People />}
      {shown.value === "events" && <Events />}
    </Column>
  );
}

/** The last twenty things that happened; a press opens the order. */
function Events() {
  const { desk, view } = usePage();
  const words = texts.value.map;
  const { alerts } = view;
  return (
    <div class="scroll">
      <fieldset class="alerts">
        <legend>{words.alerts}</legend>
        <label class="check">
          <input type="checkbox" checked={alerts.sound.value} onChange={() => alerts.toggleSound()} />
          {words.sound}
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={alerts.notification.value}
            onChange={() => void alerts.toggleNotification()}
          />
          {words.notification}
        </label>
        {alerts.refused.value && <p role="alert">{words.notificationsRefused}</p>}
      </fieldset>
      {desk.book.events.value.length === 0 && <p class="empty">{words.noEvents}</p>}
      <ul>
        {desk.book.events.value.map(({ id, order, text, atMs, needsYou }) => (
          <li class="row" key={id}>
            <button type="button" class="event" onClick={() => desk.select(order.id)}>
              <span class={needsYou ? "t late" : "t"}>{text}</span>
              <span class="waited">{words.ago(duration(Math.max(0, Math.floor((desk.now.value - atMs) / 1000))))}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
