import { useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { ApiProblem, ifMatch } from "../api/client";
import type { Destination, WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { refusal } from "../model/answers";
import { type Goal, goalsOf, matchingGoals } from "../model/goals";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";

const LIST = "send-list";

/** To another store or group: a few letters, Enter to choose, Enter to send. */
export function Send({ order }: { order: WorkOrder }) {
  const { client, desk } = usePage();
  const words = texts.value.panel;
  const goals = useSignal<readonly Goal[] | null>(null);
  const typed = useSignal("");
  const at = useSignal(0);
  const chosen = useSignal<Goal | null>(null);
  const busy = useSignal(false);
  const problem = useSignal("");
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => field.current?.focus(), []);
  useEffect(() => {
    client.api.GET("/v1/destinations").then(
      ({ data }) => (goals.value = goalsOf((data?.items ?? []) as Destination[], order)),
      (error: unknown) => (problem.value = messageOf(error)),
    );
  }, [order.id]);
  const shown = chosen.value || goals.value === null ? [] : matchingGoals(goals.value, typed.value);
  const choose = (goal: Goal) => {
    chosen.value = goal;
    typed.value = goal.name;
    field.current?.focus();
  };
  // The answer may come when another order is open, whose own choice stays.
  const leave = () => {
    if (desk.selected.peek()?.id === order.id) desk.question.sending.value = false;
  };
  const send = async () => {
    const goal = chosen.value;
    if (!goal || busy.value) return;
    busy.value = true;
    problem.value = "";
    try {
      await desk.takeMoved(await sendTo(goal));
      leave();
      desk.giving.say(words.sentTo(order.number, goal.name), order.id);
    } catch (error) {
      problem.value = messageOf(error);
      if (error instanceof ApiProblem && error.status === 412) desk.take(await client.order(order.id));
    } finally {
      busy.value = false;
    }
  };
  const sendTo = async ({ storeId, groupId }: Goal): Promise<WorkOrder> => {
    const params = { path: { id: order.id }, header: ifMatch(order) };
    const more = { note: null, force: false };
    if (storeId === order.store_id && groupId) {
      return client.answered(
        client.api.POST("/v1/work-orders/{id}/reassign-group", { params, body: { group_id: groupId, ...more } }),
      );
    }
    const body = { store_id: storeId, group_id: groupId, ...more };
    return client.answered(client.api.POST("/v1/work-orders/{id}/transfer", { params, body }));
  };
  const messageOf = (error: unknown): string => {
    if (!(error instanceof ApiProblem)) throw error;
    return refusal(error.status, error.body, desk.clock.now());
  };
  const pressed = (event: KeyboardEvent) => {
    const hit = shown[at.value];
    if (event.key === "ArrowDown") at.value = Math.min(shown.length - 1, at.value + 1);
    else if (event.key === "ArrowUp") at.value = Math.max(0, at.value - 1);
    else if (event.key === "Enter" && !event.repeat && chosen.value) void send();
    else if (event.key === "Enter" && hit) choose(hit);
    else if (event.key === "Escape") leave();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <form
      class="act send"
      aria-label={words.send}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label>
        {words.sendTo}
        <input
          ref={field}
          type="text"
          role="combobox"
          aria-expanded={shown.length > 0}
          aria-controls={LIST}
          aria-autocomplete="list"
          aria-activedescendant={shown[at.value] ? `${LIST}-${at.value}` : undefined}
          autocomplete="off"
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            chosen.value = null;
            at.value = 0;
          }}
          onKeyDown={pressed}
        />
      </label>
      <ul id={LIST} role="listbox" aria-label={words.sendTo} hidden={shown.length === 0}>
        {shown.map((goal, index) => (
          <li
            key={goal.key}
            id={`${LIST}-${index}`}
            role="option"
            aria-selected={index === at.value}
            onPointerDown={(event) => {
              event.preventDefault();
              choose(goal);
            }}
          >
            <Icon name="swap" />
            {goal.name}
          </li>
        ))}
      </ul>
      {goals.value && shown.length === 0 && !chosen.value && <p role="status">{words.noDestination}</p>}
      {problem.value && <p role="alert">{problem.value}</p>}
      <button class="btn pri" type="submit" disabled={!chosen.value || busy.value}>
        {busy.value ? words.sending : chosen.value ? words.sendIt(chosen.value.name) : words.chooseDestination}{" "}
        <kbd aria-hidden="true">Enter</kbd>
      </button>
      <button type="button" class="btn" onClick={leave}>
        {words.cancel}
      </button>
    </form>
  );
}
