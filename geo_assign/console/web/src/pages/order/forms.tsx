/** The forms of the other actions: each asks for what its call needs, and for nothing else. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { useOrderState, words } from "./context";
import { isUnderWay } from "./model";
import { at, seen } from "./state";

interface FormProps {
  /** On the button that does it. */
  label: string;
  danger?: boolean;
  blocked?: boolean;
  onSend: () => void;
  children?: ComponentChildren;
}

/** A form in its place: the first field has the focus, Enter sends, Escape leaves it. */
export function Form({ label, danger = false, blocked = false, onSend, children }: FormProps) {
  const state = useOrderState();
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => form.current?.querySelector<HTMLElement>("input, select, button")?.focus(), []);
  return (
    <form
      ref={form}
      class="opf"
      onSubmit={(event) => {
        event.preventDefault();
        if (!blocked && !state.busy.value) onSend();
      }}
    >
      {children}
      <button type="submit" class={danger ? "btn danger" : "btn pri"} disabled={blocked || state.busy.value}>
        {state.busy.value ? words().busy : label}
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
    </form>
  );
}

interface TextProps {
  label: string;
  text: Signal<string>;
}

function Text({ label, text }: TextProps) {
  return (
    <label class="field">
      {label}
      <input
        value={text.value}
        maxLength={4000}
        onInput={(event) => {
          text.value = event.currentTarget.value;
        }}
      />
    </label>
  );
}

/** Work that is under way moves by force alone. */
function Force({ order, force }: { order: OrderDetail; force: Signal<boolean> }) {
  if (!isUnderWay(order)) return null;
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={force.value}
        onChange={(event) => {
          force.value = event.currentTarget.checked;
        }}
      />
      {words().act.force}
    </label>
  );
}

const trimmed = (text: Signal<string>) => text.value.trim() || null;

/** To another store, or to another group of whatever store. */
export function MoveForm({ order, to }: { order: OrderDetail; to: "transfer" | "reassign" }) {
  const state = useOrderState();
  const { client } = usePage();
  const { act } = words();
  const stores = state.destinations.value.filter((store) =>
    to === "transfer" ? store.id !== order.store_id : store.groups.length > 0,
  );
  const groups = stores.flatMap((store) =>
    store.groups.filter(({ id }) => id !== order.group_id).map((group) => ({ group, store })),
  );
  const storeId = useSignal(stores[0]?.id ?? "");
  const groupId = useSignal(to === "transfer" ? "" : (groups[0]?.group.id ?? ""));
  const note = useSignal("");
  const force = useSignal(false);
  const store = stores.find(({ id }) => id === storeId.value);
  const send = () =>
    void state.act(async (shown) => {
      const more = { note: trimmed(note), force: force.value };
      const params = at(shown);
      if (to === "transfer") {
        const body = { store_id: storeId.value, group_id: groupId.value || null, ...more };
        return (await client.api.POST("/v1/work-orders/{id}/transfer", { params, body })).data;
      }
      return (
        await client.api.POST("/v1/work-orders/{id}/reassign-group", {
          params,
          body: { group_id: groupId.value, ...more },
        })
      ).data;
    });
  return (
    <Form
      label={to === "transfer" ? act.transfer : act.reassign}
      blocked={isUnderWay(order) && !force.value}
      onSend={send}
    >
      {to === "transfer" && (
        <label class="field">
          {act.store}
          <select
            value={storeId.value}
            onChange={(event) => {
              storeId.value = event.currentTarget.value;
              groupId.value = "";
            }}
          >
            {stores.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <label class="field">
        {act.group}
        <select
          value={groupId.value}
          onChange={(event) => {
            groupId.value = event.currentTarget.value;
          }}
        >
          {to === "transfer" && <option value="">{act.anyGroup}</option>}
          {to === "transfer"
            ? store?.groups.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))
            : groups.map((one) => (
                <option key={one.group.id} value={one.group.id}>{`${one.store.name} · ${one.group.name}`}</option>
              ))}
        </select>
      </label>
      <Text label={act.reason} text={note} />
      <Force order={order} force={force} />
    </Form>
  );
}

export function ConvertForm() {
  const state = useOrderState();
  const { client } = usePage();
  const convert = () =>
    void state.act(async (shown) => (await client.api.POST("/v1/work-orders/{id}/convert", seen(shown))).data);
  return <Form label={words().act.sure.convert} onSend={convert} />;
}

export function UnassignForm() {
  const state = useOrderState();
  const { client } = usePage();
  const unassign = () =>
    void state.act(
      async (shown) => (await client.api.POST("/v1/work-orders/{id}/unassign", { params: at(shown) })).data,
    );
  return <Form label={words().act.sure.unassign} onSend={unassign} />;
}

export function CancelForm() {
  const state = useOrderState();
  const { client } = usePage();
  const { act } = words();
  const reason = useSignal("");
  const cancel = () =>
    void state.act(
      async (shown) =>
        (await client.api.POST("/v1/work-orders/{id}/cancel", { ...seen(shown), body: { reason: trimmed(reason) } }))
          .data,
    );
  return (
    <Form label={act.sure.cancel} danger blocked={!reason.value.trim()} onSend={cancel}>
      <Text label={act.reason} text={reason} />
    </Form>
  );
}

export function RejectForm({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { client } = usePage();
  const { act } = words();
  const note = useSignal("");
  const force = useSignal(false);
  const current = order.group_stays.find((stay) => stay.left_at === null);
  const reject = () =>
    void state.act(async (shown) => {
      const body = { note: trimmed(note), force: force.value };
      return (await client.api.POST("/v1/work-orders/{id}/reject-group", { params: at(shown), body })).data;
    });
  return (
    <Form
      label={act.rejectGroup(current?.group_name ?? act.group)}
      blocked={isUnderWay(order) && !force.value}
      onSend={reject}
    >
      <Text label={act.note} text={note} />
      <Force order={order} force={force} />
    </Form>
  );
}
