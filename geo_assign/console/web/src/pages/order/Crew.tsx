import { useSignal } from "@preact/signals";
import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { person } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { RosterList } from "../../ui/RosterList";
import { Box } from "./Box";
import { useOrderState, words } from "./context";
import { changed } from "./GiveForm";
import { toggle } from "./Now";
import { at } from "./state";

/** The lead engineer and who comes along. */
export function Crew({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { crew } = words();
  const lead =
    order.assignee?.name ??
    order.offers.find(({ role }) => role === "primary")?.technician_name ??
    order.offer?.technician_name;
  const open = order.bucket !== "closed" && (order.state === "offered" || order.assignee !== null);
  const choosing = state.form.value === "crew";
  return (
    <Box
      class="crew"
      title={crew.title}
      aside={
        open && (
          <button type="button" class="lnk" aria-expanded={choosing} onClick={() => toggle(state, "crew")}>
            {crew.change}
          </button>
        )
      }
    >
      {lead ? (
        <ul>
          <Member
            name={lead}
            role={crew.lead}
            what={order.assignee ? crew.assigned : crew.asked}
            asked={!order.assignee}
          />
          {order.collaborators.map((one) => (
            <Member
              key={one.id}
              name={one.name}
              role={crew.with}
              what={one.state === "assigned" ? "" : whatOf(order, one.id)}
              asked={one.state !== "assigned"}
            />
          ))}
        </ul>
      ) : (
        <p class="muted">{crew.noneYet}</p>
      )}
      {choosing && <CrewForm order={order} />}
    </Box>
  );
}

function whatOf(order: OrderDetail, id: string): string {
  const { crew } = words();
  return order.offers.some((offer) => offer.technician_id === id) ? crew.asked : crew.toldLater;
}

interface MemberProps {
  name: string;
  role: string;
  what: string;
  asked: boolean;
}

function Member({ name, role, what, asked }: MemberProps) {
  return (
    <li>
      <Symbol shapes={person(asked ? "offered" : "busy", "round")} />
      <b>{name}</b>
      <span class="chip">{role}</span>
      <small>{what}</small>
    </li>
  );
}

function CrewForm({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { client } = usePage();
  const { crew, act, busy } = words();
  const along = useSignal<ReadonlySet<string>>(new Set(order.collaborators.map(({ id }) => id)));
  const save = () =>
    void state.act(async (shown) => {
      const body = { collaborator_ids: [...along.value] };
      return (await client.api.PUT("/v1/work-orders/{id}/collaborators", { params: at(shown), body })).data;
    });
  return (
    <div class="op">
      <RosterList
        of={{ storeId: order.store_id, orderId: order.id }}
        along={along.value}
        without={order.assignee?.id ?? order.offer?.technician_id}
        onAlong={(line, ticked) => {
          along.value = changed(along.value, line.id, ticked);
        }}
      />
      <div class="opf">
        <button type="button" class="btn pri" disabled={state.busy.value} onClick={save}>
          {state.busy.value ? busy : crew.save}
        </button>
        <button
          type="button"
          class="btn"
          onClick={() => {
            state.form.value = null;
          }}
        >
          {act.dismiss}
        </button>
      </div>
    </div>
  );
}
