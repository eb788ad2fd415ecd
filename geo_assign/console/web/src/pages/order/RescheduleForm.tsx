import { useSignal } from "@preact/signals";
import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { movedEnd, wallTime } from "./actions";
import { useOrderState, words } from "./context";
import { Form } from "./forms";
import { at } from "./state";

/** The slot in the store's own time; the end keeps the slot's length until it is changed. */
export function RescheduleForm({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { client, desk } = usePage();
  const { act } = words();
  const zone = desk.zoneOf(order);
  const was = { start: wallTime(order.slot.start, zone), end: wallTime(order.slot.end, zone) };
  const start = useSignal(was.start);
  const end = useSignal(was.end);
  const ordered = start.value < end.value;
  const move = () =>
    void state.act(async (shown) => {
      const slot = { start: start.value, end: end.value };
      return (await client.api.PATCH("/v1/work-orders/{id}", { params: at(shown), body: { slot } })).data;
    });
  return (
    <Form label={act.reschedule} blocked={!start.value || !ordered} onSend={move}>
      <label class="field">
        {act.from}
        <input
          type="datetime-local"
          required
          value={start.value}
          onInput={(event) => {
            end.value = movedEnd(event.currentTarget.value, start.value, end.value) || end.value;
            start.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="field">
        {act.to}
        <input
          type="datetime-local"
          required
          value={end.value}
          onInput={(event) => {
            end.value = event.currentTarget.value;
          }}
        />
      </label>
      <p class="muted wide">{ordered ? act.inZone(zone) : act.endBeforeStart}</p>
    </Form>
  );
}
