import { useSignal } from "@preact/signals";
import { usePage } from "../../frame/context";
import { FindBox } from "../../frame/FindBox";
import { ageSeconds } from "../../model/clock";
import { bySeen } from "../../model/fleet";
import { duration } from "../../model/words";
import { person } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/console";
import { GroupChoice, Pending } from "./Pending";

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
        {shown.value === "pending" && <span class="count">{desk.pendingCount.value}</span>}
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

const AT_FIRST = 100;

/** Who is on duty, those heard from last first: the map in words. */
function People() {
  const { desk } = usePage();
  const words = texts.value.map;
  const most = useSignal(AT_FIRST);
  desk.moves.value;
  const people = bySeen(desk.fleet.technicians.values());
  return (
    <div class="scroll">
      <p class="hint">{words.lastSeenFirst}</p>
      {people.length === 0 && <p class="empty">{words.noneOnDuty}</p>}
      <ul>
        {people.slice(0, most.value).map(({ id, properties: { name, status, provider, recorded_at } }) => {
          const age = ageSeconds(recorded_at, desk.now.value);
          return (
            <li class="row" key={id}>
              <button
                type="button"
                class="wo"
                aria-current={desk.technicianId.value === id ? "true" : undefined}
                onClick={() => desk.show(id)}
              >
                <Symbol shapes={person(status, provider ? "diamond" : "round")} />
                <span class="ln">
                  <span class="t">{name}</span>
                  <span class="waited">{age === null ? words.ageUnknown : words.ago(duration(age))}</span>
                </span>
                <span class="ln">
                  <span class="d">
                    {[words.statusOf[status], provider && words.provider].filter(Boolean).join(" · ")}
                  </span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
      {people.length > most.value && (
        <button type="button" class="btn more" onClick={() => (most.value += AT_FIRST)}>
          {words.more}
        </button>
      )}
    </div>
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
      {desk.events.value.length === 0 && <p class="empty">{words.noEvents}</p>}
      <ul>
        {desk.events.value.map(({ id, order, text, atMs, needsYou }) => (
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
