import { usePage } from "../../frame/context";
import { clockTime, dayName } from "../../model/zone";
import { PLANNED, person } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/console";
import { Field } from "./Field";
import { type FreeSlot, slotDays } from "./model";
import type { NewOrder } from "./state";

/** Free times near the place, each with who could come; as soon as possible; or another time. */
export function SlotFields({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  const { address, slot, typedSlot, typedEnd, location } = order.draft.value;
  const other = order.otherTime.value;
  const near = location && !address ? words.pinned : address;
  const soonest = !slot && !typedSlot && !other;
  return (
    <fieldset class="when">
      <legend class="sr">{words.when}</legend>
      {order.place.value ? (
        <p class="label">
          <b>{words.freeNear(near)}</b> {words.driveIncluded}
        </p>
      ) : (
        <p class="label">{words.noPlaceYet}</p>
      )}
      <Days order={order} />
      <div class="slots">
        <button type="button" class="slot" aria-pressed={soonest} onClick={() => order.chooseSlot(null)}>
          {words.soonest}
        </button>
        <button type="button" class="slot" aria-pressed={other} onClick={() => order.chooseOtherTime()}>
          {words.otherTime}
        </button>
      </div>
      {other && (
        <Field
          order={order}
          name="typedSlot"
          type="datetime-local"
          label={words.otherTimeIn(order.zone.value)}
          focused
        />
      )}
      {other && typedEnd && <p class="hint">{words.until(typedEnd.slice(11))}</p>}
    </fieldset>
  );
}

function Days({ order }: { order: NewOrder }) {
  const { desk } = usePage();
  const words = texts.value.create;
  if (!order.place.value) return null;
  if (order.slotsProblem.value) {
    return (
      <p class="hint" role="status">
        {order.slotsProblem.value}
      </p>
    );
  }
  const slots = order.slots.value;
  if (!slots) return <p class="hint">{words.lookingForSlots}</p>;
  if (slots.length === 0) return <p class="hint">{words.noSlots}</p>;
  const zone = order.zone.value;
  const now = desk.clock.now();
  return (
    <>
      {slotDays(slots, zone).map(({ day, slots: ofDay }) => (
        <div class="day" key={day}>
          <span class="label">{dayName(Date.parse(ofDay[0]?.start ?? day), now, zone)}</span>
          <div class="slots">
            {ofDay.map((slot) => (
              <SlotChip key={slot.start} order={order} slot={slot} />
            ))}
          </div>
        </div>
      ))}
    </>
  );
}

function SlotChip({ order, slot }: { order: NewOrder; slot: FreeSlot }) {
  const words = texts.value.create;
  const zone = order.zone.value;
  const [first] = slot.technicians;
  const chosen = order.draft.value.slot?.start === slot.start;
  const minutes = first ? Math.max(1, Math.round(first.travel_before_s / 60)) : 0;
  const time = `${clockTime(Date.parse(slot.start), zone)}–${clockTime(Date.parse(slot.end), zone)}`;
  return (
    <button
      type="button"
      class="slot"
      aria-pressed={chosen}
      title={first ? words.comes(first.name, minutes) : undefined}
      onClick={() => order.chooseSlot(slot)}
    >
      <b>{time}</b>
      {first && (
        <span>
          <Symbol shapes={first.provenance === "live" ? person("free", "round") : PLANNED} />
          <span class="name">{first.name}</span>
          <small>{`${minutes} min`}</small>
        </span>
      )}
    </button>
  );
}
