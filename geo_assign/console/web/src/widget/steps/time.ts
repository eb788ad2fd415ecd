import { ADDRESS, type Booking, CONTACT, DEVICE, type View } from "../booking";
import { h, icon } from "../dom";
import { radios, summaryLine } from "../fields";
import type { Slot } from "../service";
import type { Day } from "../slots";

const TOOL = "M3.2 3.2h9.6v6.8H3.2zM1.8 12.6h12.4";
const PIN =
  "M8 14.2C5 10.9 3.6 8.9 3.6 6.6a4.4 4.4 0 0 1 8.8 0C12.4 8.9 11 10.9 8 14.2ZM8 5.1a1.4 1.4 0 1 0 0 2.9 1.4 1.4 0 0 0 0-2.9Z";

/** Free times by day, a full day in one line, and "as soon as possible" for those whom none suits. */
export function timeStep(booking: Booking): View {
  const { texts, draft, panel, lost } = booking;
  const days = booking.isUnplaced ? [] : booking.days;
  const act = (): void => {
    if (!draft.slot && !draft.soonest) panel.mark("slot", texts.time.missing);
    else booking.go(CONTACT);
  };
  const isEmpty = !booking.isUnplaced && days.every((day) => !day.slots.length);
  return {
    heading: texts.time.heading,
    body: [
      summary(booking),
      lost && h("p", { class: "lost", role: "alert" }, lostWords(booking)),
      lost?.nearest.length ? group(booking, texts.time.nearest, "", lost.nearest, { withDay: true }) : null,
      isEmpty ? h("p", {}, texts.time.none) : null,
      ...days.map((day) => dayOf(booking, day)),
      booking.isUnplaced ? null : later(booking),
      soonest(booking),
      h("p", { class: "fine" }, notes(booking)),
    ],
    submit: { label: label(booking), act, note: texts.time.checked },
  };
}

function label({ texts, draft, times }: Booking): string {
  if (draft.soonest) return texts.time.soonest;
  return draft.slot ? texts.time.take(times.full(draft.slot)) : texts.next;
}

function lostWords({ lost, texts, times }: Booking): string {
  if (!lost) return "";
  const time = times.full(lost.slot);
  return lost.nearest.length ? texts.time.lost(time) : texts.time.lostAll(time);
}

function summary(booking: Booking): HTMLElement {
  const { texts, draft } = booking;
  const [device = "", address = ""] = texts.steps;
  const said = [h("b", {}, draft.kind), `, ${draft.issue}`];
  return h(
    "ul",
    { class: "sum" },
    summaryLine(icon(TOOL), said, texts.change, texts.changeWhat(device), () => booking.go(DEVICE)),
    summaryLine(icon(PIN), [draft.address], texts.change, texts.changeWhat(address), () => booking.go(ADDRESS)),
  );
}

function dayOf(booking: Booking, day: Day): HTMLElement {
  const { texts, times } = booking;
  const name = times.dayName(day.date);
  if (day.slots.length) return group(booking, name, texts.time.free(day.slots.length), day.slots);
  return h("p", { class: "full" }, name, h("small", {}, texts.time.full));
}

function group(
  booking: Booking,
  name: string,
  note: string,
  slots: readonly Slot[],
  { withDay = false } = {},
): HTMLElement {
  const { draft, times, panel } = booking;
  const choices = slots.map((slot) => ({ value: slot, label: withDay ? times.full(slot) : times.span(slot) }));
  const choose = (slot: Slot): void => {
    draft.slot = slot;
    draft.soonest = false;
    panel.rename(label(booking));
  };
  const chosen = (slot: Slot): boolean => slot.start === draft.slot?.start;
  const legend = h("legend", {}, name, note && h("small", {}, note));
  const options = radios("slot", choices, chosen, choose);
  if (withDay) options.classList.add("wide");
  return h("fieldset", {}, legend, options);
}

function later(booking: Booking): HTMLElement {
  const { texts, panel } = booking;
  const act = async (): Promise<void> => {
    panel.say(texts.loading);
    const before = booking.days.length;
    try {
      await booking.findLater();
    } catch (problem) {
      return panel.complain(booking.wordsOf(problem));
    }
    booking.redraw();
    // On to the first of the days that came.
    panel.element.querySelectorAll<HTMLElement>("fieldset, .full")[before]?.querySelector("input")?.focus();
  };
  return h("button", { class: "plain", type: "button", onclick: act }, texts.time.later);
}

function soonest(booking: Booking): HTMLElement {
  const { texts, draft, panel } = booking;
  const choice = { value: true, label: texts.time.soonest, hint: texts.time.soonestHint };
  const choose = (): void => {
    draft.slot = null;
    draft.soonest = true;
    panel.rename(label(booking));
  };
  const options = radios("slot", [choice], () => draft.soonest, choose);
  options.classList.add("wide");
  return h("fieldset", {}, h("legend", { class: "sr" }, texts.time.soonest), options);
}

function notes({ texts, times }: Booking): string {
  const zone = times.foreignZone();
  return zone ? `${texts.time.way} ${texts.time.zone(zone)}` : texts.time.way;
}
