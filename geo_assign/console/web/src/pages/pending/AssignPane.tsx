import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RosterLine, WorkOrder } from "../../api/types";
import { firstName } from "../../model/words";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { RosterList } from "../../ui/RosterList";
import { usePending, words } from "./context";

/** The ticked orders one after another: each is given to a technician of the list. It works without a place. */
export function AssignPane() {
  const state = usePending();
  const words_ = words().assignList;
  const skipped = useSignal<ReadonlySet<string>>(new Set());
  const waiting = state.chosen.value.filter(({ id }) => !skipped.value.has(id) && !state.outcomes.value.has(id));
  const order = waiting[0];
  const done = state.chosen.value.length > 0 && !order;
  useEffect(() => {
    if (done || state.chosen.peek().length === 0) state.openPane(null);
  }, [done]);
  if (!order) return null;
  return (
    <section class="opt card" aria-label={words_.title(order.number)}>
      <header>
        <Icon name="user" />
        <div>
          <h2>{words_.title(order.number)}</h2>
          <p>{[order.title, waiting.length > 1 ? words_.next(waiting.length - 1) : ""].filter(Boolean).join(" · ")}</p>
        </div>
        <button type="button" class="icon-button" aria-label={words_.close} onClick={() => state.openPane(null)}>
          <Icon name="close" />
        </button>
      </header>
      <Choice
        key={order.id}
        order={order}
        onSkip={() => {
          skipped.value = new Set([...skipped.value, order.id]);
        }}
        more={waiting.length > 1}
      />
    </section>
  );
}

interface ChoiceProps {
  order: WorkOrder;
  more: boolean;
  onSkip: () => void;
}

function Choice({ order, more, onSkip }: ChoiceProps) {
  const state = usePending();
  const lead = useSignal<RosterLine | null>(null);
  const along = useSignal<ReadonlySet<string>>(new Set());
  const refused = useSignal("");
  const roster = texts.value.roster;
  const give = async (mode: "offer" | "assign") => {
    const chosen = lead.value;
    if (!chosen) return;
    const collaborators = [...along.value].filter((id) => id !== chosen.id);
    const given = await state.give(order.id, { technician_id: chosen.id, mode, collaborator_ids: collaborators });
    if (given) return;
    // The order stays open for another choice; what was refused is said above the buttons.
    const outcome = state.outcomes.peek().get(order.id);
    refused.value = outcome?.text ?? "";
    const rest = new Map(state.outcomes.peek());
    rest.delete(order.id);
    state.outcomes.value = rest;
  };
  const disabled = !lead.value || state.working.value || state.desk.cut.value;
  return (
    <>
      <div class="pad scroll">
        <RosterList
          of={{ storeId: order.store_id, orderId: order.id }}
          lead={lead.value?.id ?? null}
          along={along.value}
          onLead={(line) => {
            lead.value = line;
          }}
          onAlong={(line, ticked) => {
            const next = new Set(along.value);
            if (ticked) next.add(line.id);
            else next.delete(line.id);
            along.value = next;
          }}
        />
      </div>
      {refused.value && (
        <p class="problem" role="alert">
          {words().refused(order.number, refused.value)}
        </p>
      )}
      <div class="act">
        <button
          type="button"
          class="btn pri"
          disabled={disabled || !lead.value?.presence.on_duty}
          onClick={() => void give("offer")}
        >
          {lead.value ? roster.offer(firstName(lead.value.name)) : roster.choose}
        </button>
        <button type="button" class="btn" disabled={disabled} onClick={() => void give("assign")}>
          {roster.assign}
        </button>
        {more && (
          <button type="button" class="btn" onClick={onSkip}>
            {words().assignList.skip}
          </button>
        )}
      </div>
    </>
  );
}
