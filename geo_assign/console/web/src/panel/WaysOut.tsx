import { useSignal } from "@preact/signals";
import { ApiProblem } from "../api/client";
import type { FreeSlot, Nearest, WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { askableProviders, wideningRadius } from "../model/exclusions";
import { distance } from "../model/words";
import { slotText } from "../model/zone";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { maySend } from "./rights";
import { Key } from "./Ways";

/** No technician can go: what can be done about it, on top of why. */
export function WaysOut({ order, nearest }: { order: WorkOrder; nearest: Nearest }) {
  const { desk } = usePage();
  const words = texts.value.panel;
  const wider = wideningRadius(nearest);
  return (
    <div class="ways-out">
      <h3>{words.waysOut}</h3>
      {wider !== null && (
        <button type="button" class="btn" onClick={() => desk.question.widen(wider)}>
          {words.widenTo(distance(wider))}
        </button>
      )}
      <NextSlots order={order} />
      {maySend(order) && (
        <button type="button" class="btn" onClick={() => (desk.question.sending.value = true)}>
          <Icon name="swap" />
          {words.sendInstead} <Key name="T" />
        </button>
      )}
      {askableProviders(nearest).map(({ technician_id, name, provider }) => (
        <button
          type="button"
          class="btn"
          key={technician_id}
          aria-pressed={desk.question.chosenAnyway.value?.technician_id === technician_id}
          onClick={() => desk.question.choose(technician_id)}
        >
          <Icon name="user" />
          {words.askProvider(provider?.name ?? "", name)}
        </button>
      ))}
      <p class="muted">{words.anyway}</p>
    </div>
  );
}

const SHOWN = 4;

/** The next times at which a trained technician really is free near the address; a press moves the order there. */
function NextSlots({ order }: { order: WorkOrder }) {
  const { client, desk } = usePage();
  const words = texts.value.panel;
  const slots = useSignal<FreeSlot[] | null>(null);
  const problem = useSignal("");
  const busy = useSignal(false);
  const tried = async (act: () => Promise<void>) => {
    busy.value = true;
    problem.value = "";
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      problem.value = error.message;
    } finally {
      busy.value = false;
    }
  };
  const look = () =>
    tried(async () => {
      slots.value = await client.freeSlots(order, SHOWN);
    });
  const move = (slot: FreeSlot) => tried(() => desk.reschedule(order, slot));
  const zone = desk.zoneOf(order);
  return (
    <>
      {slots.value === null && (
        <button type="button" class="btn" disabled={busy.value} onClick={() => void look()}>
          <Icon name="clock" />
          {words.anotherDay}
        </button>
      )}
      {slots.value?.length === 0 && <p class="muted">{words.noSlots}</p>}
      {slots.value && slots.value.length > 0 && (
        <ul class="slots" aria-label={words.slotsNear}>
          {slots.value.map((slot) => (
            <li key={slot.start}>
              <button type="button" class="btn" disabled={busy.value} onClick={() => void move(slot)}>
                {words.moveTo(slotText(slot, desk.now.value, zone))}
              </button>
              <span class="muted">{slot.technicians[0]?.name}</span>
            </li>
          ))}
        </ul>
      )}
      {problem.value && <p role="alert">{problem.value}</p>}
    </>
  );
}
