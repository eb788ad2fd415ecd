import { useSignal } from "@preact/signals";
import type { OrderDetail, RosterLine } from "../../api/types";
import { usePage } from "../../frame/context";
import { firstName } from "../../model/words";
import { texts } from "../../texts/console";
import { RosterList } from "../../ui/RosterList";
import { Box } from "./Box";
import { useOrderState, words } from "./context";
import { isUnderWay } from "./model";
import { at } from "./state";

/** Choose a technician, and who comes along, from the list: it works without a place, too. */
export function AssignForm({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const lead = useSignal<RosterLine | null>(null);
  const along = useSignal<ReadonlySet<string>>(new Set());
  const give = (mode: "offer" | "assign") => () => {
    const chosen = lead.value;
    if (chosen)
      void state.assign(
        chosen.id,
        mode,
        [...along.value].filter((id) => id !== chosen.id),
      );
  };
  return (
    <Box class="give" title={words().act.assignTo}>
      <RosterList
        of={{ storeId: order.store_id, orderId: order.id }}
        lead={lead.value?.id ?? null}
        along={along.value}
        onLead={(line) => {
          lead.value = line;
        }}
        onAlong={(line, ticked) => {
          along.value = changed(along.value, line.id, ticked);
        }}
      />
      <GiveButtons lead={lead.value} onOffer={give("offer")} onAssign={give("assign")} />
    </Box>
  );
}

/** The set with one more or one less. */
export function changed(set: ReadonlySet<string>, id: string, there: boolean): ReadonlySet<string> {
  const next = new Set(set);
  if (there) next.add(id);
  else next.delete(id);
  return next;
}

interface GiveProps {
  lead: RosterLine | null;
  blocked?: boolean;
  onOffer: () => void;
  onAssign: () => void;
}

function GiveButtons({ lead, blocked = false, onOffer, onAssign }: GiveProps) {
  const state = useOrderState();
  const roster = texts.value.roster;
  const disabled = !lead || blocked || state.busy.value;
  return (
    <div class="opf">
      <button type="button" class="btn pri" disabled={disabled || !lead?.presence.on_duty} onClick={onOffer}>
        {state.busy.value ? words().busy : lead ? roster.offer(firstName(lead.name)) : roster.choose}
      </button>
      <button type="button" class="btn" disabled={disabled} onClick={onAssign}>
        {roster.assign}
      </button>
      <button
        type="button"
        class="btn"
        onClick={() => {
          state.form.value = null;
        }}
      >
        {words().act.dismiss}
      </button>
    </div>
  );
}

/** Another technician for work that one has already: with the reason, which stays in the history. */
export function ReallocateForm({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { client } = usePage();
  const { act } = words();
  const lead = useSignal<RosterLine | null>(null);
  const reason = useSignal("");
  const force = useSignal(false);
  const underWay = isUnderWay(order);
  const give = (mode: "offer" | "assign") => () => {
    const chosen = lead.value;
    if (!chosen) return;
    const body = { technician_id: chosen.id, mode, force: force.value, reason: reason.value.trim() || null };
    void state.act(
      async (shown) => (await client.api.POST("/v1/work-orders/{id}/reallocate", { params: at(shown), body })).data,
    );
  };
  return (
    <>
      <RosterList
        of={{ storeId: order.store_id, orderId: order.id }}
        lead={lead.value?.id ?? null}
        without={order.assignee?.id}
        onLead={(line) => {
          lead.value = line;
        }}
      />
      <label class="field">
        {act.reason}
        <input
          value={reason.value}
          maxLength={4000}
          onInput={(event) => {
            reason.value = event.currentTarget.value;
          }}
        />
      </label>
      {underWay && (
        <label class="tick">
          <input
            type="checkbox"
            checked={force.value}
            onChange={(event) => {
              force.value = event.currentTarget.checked;
            }}
          />
          {act.force}
        </label>
      )}
      <GiveButtons
        lead={lead.value}
        blocked={!reason.value.trim() || (underWay && !force.value)}
        onOffer={give("offer")}
        onAssign={give("assign")}
      />
    </>
  );
}
