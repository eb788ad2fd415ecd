import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import type { Decision, OrderDetail, RosterLine, WhyAnswer } from "../../api/types";
import { usePage } from "../../frame/context";
import { distance, firstName } from "../../model/words";
import { Icon } from "../../symbols/Icon";
import { matchingNames } from "../../ui/rosterModel";
import { loadRoster } from "../../ui/rosterState";
import { useOrderState, useWhen, words } from "./context";
import { remedyOf } from "./receipt";
import { at, problemText } from "./state";

const SUGGESTED = 6;

interface Props {
  order: OrderDetail;
  decision: Decision | null;
}

/** "Why not …?" for any technician: the reason, the distance, what would have to differ, and a button that does it. */
export function WhyNot({ order, decision }: Props) {
  const { client } = usePage();
  const { why: texts } = words();
  const typed = useSignal("");
  const people = useSignal<readonly RosterLine[] | null>(null);
  const answer = useSignal<WhyAnswer | null>(null);
  const problem = useSignal("");
  const listId = useId();
  const inputId = useId();
  const load = async () => {
    people.value ??= (await loadRoster(client, { storeId: order.store_id, orderId: order.id }))?.items ?? [];
  };
  const ask = async (technicianId: string, name: string) => {
    typed.value = name;
    answer.value = null;
    problem.value = decision ? texts.looking : texts.needsReceipt;
    if (!decision) return;
    try {
      const params = { path: { id: decision.id }, query: { technician_id: technicianId } };
      answer.value = (await client.api.GET("/v1/decisions/{id}/why", { params })).data ?? null;
      problem.value = "";
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      problem.value = problemText(error);
    }
  };
  const asking = typed.value.trim() !== "" && answer.value?.name !== typed.value;
  const found = asking && people.value ? matchingNames(people.value, typed.value).slice(0, SUGGESTED) : [];
  const none = asking && people.value !== null && found.length === 0;
  return (
    <div class="why">
      <label for={inputId}>{texts.label}</label>
      <div class="wi">
        <Icon name="search" />
        <input
          id={inputId}
          type="search"
          autocomplete="off"
          data-shortcut="W"
          placeholder={texts.placeholder}
          value={typed.value}
          aria-controls={listId}
          onFocus={() => void load()}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            answer.value = null;
            problem.value = "";
          }}
          onKeyDown={(event) => {
            const first = found[0];
            if (event.key === "Enter" && first) void ask(first.id, first.name);
          }}
        />
      </div>
      <div class="ans" id={listId} aria-live="polite">
        {found.length > 0 && (
          <ul class="names">
            {found.map((line) => (
              <li key={line.id}>
                <button type="button" class="chip" onClick={() => void ask(line.id, line.name)}>
                  {line.name}
                </button>
              </li>
            ))}
          </ul>
        )}
        {none && !problem.value && <p>{texts.none(typed.value)}</p>}
        {problem.value && <p>{problem.value}</p>}
        {answer.value && <Answer why={answer.value} order={order} />}
      </div>
    </div>
  );
}

function Answer({ why, order }: { why: WhyAnswer; order: OrderDetail }) {
  const { why: texts } = words();
  const far = [
    why.distance_m === null ? "" : texts.away(distance(why.distance_m)),
    why.gap_m === null || why.gap_m <= 0 ? "" : texts.gap(distance(why.gap_m)),
    why.reconstructed ? texts.reconstructed : "",
    why.track_expired ? texts.trackExpired : "",
  ];
  return (
    <>
      <p>
        <b>{why.sentence}</b>
      </p>
      <p class="muted">{far.filter(Boolean).join(" ")}</p>
      <Remedied why={why} order={order} />
    </>
  );
}

/** The button that makes it so, while the order can still be given. */
function Remedied({ why, order }: { why: WhyAnswer; order: OrderDetail }) {
  const state = useOrderState();
  const { client } = usePage();
  const { why: texts } = words();
  const when = useWhen(order);
  const open = order.bucket !== "taken" && order.bucket !== "closed";
  const remedy = open ? remedyOf(why, when) : null;
  if (!remedy) return null;
  const name = firstName(why.name);
  const move = (start: string) =>
    state.act(async (shown) => {
      const length = Date.parse(shown.slot.end) - Date.parse(shown.slot.start);
      const slot = { start, end: new Date(Date.parse(start) + length).toISOString() };
      const moved = (await client.api.PATCH("/v1/work-orders/{id}", { params: at(shown), body: { slot } })).data;
      if (!moved) return undefined;
      const body = { technician_id: why.technician_id, mode: "offer" as const, collaborator_ids: [] };
      return (await client.api.POST("/v1/work-orders/{id}/assign", { params: at(moved), body })).data;
    });
  const choices = {
    ask: { label: texts.ask(name), run: () => state.assign(why.technician_id, "offer") },
    assign: { label: texts.assign(name), run: () => state.assign(why.technician_id, "assign") },
    move: {
      label: remedy.kind === "move" ? texts.moveAndAsk(remedy.time, name) : "",
      run: () => move(remedy.kind === "move" ? remedy.start : ""),
    },
  };
  const choice = choices[remedy.kind];
  return (
    <button type="button" class="btn" disabled={state.busy.value} onClick={() => void choice.run()}>
      {choice.label}
    </button>
  );
}
