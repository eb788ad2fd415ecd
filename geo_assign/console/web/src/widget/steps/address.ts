import { type Booking, TIME, type View } from "../booking";
import { h } from "../dom";
import { textField } from "../fields";
import { Refusal } from "../service";

/** Where to: the free times near it are asked for here, so that an address that is not found is said here. */
export function addressStep(booking: Booking): View {
  const { texts, draft, panel } = booking;
  const words = texts.address;
  const anyway = h(
    "button",
    { class: "plain", type: "button", hidden: true, onclick: () => goAnyway(booking) },
    words.anyway,
  );
  const act = async (): Promise<void> => {
    if (!draft.address.trim()) return panel.mark("address", words.missing);
    panel.say(texts.loading);
    booking.lost = null;
    try {
      await booking.findTimes();
    } catch (problem) {
      const isUnknown = problem instanceof Refusal && problem.trouble === "address";
      anyway.hidden = !isUnknown;
      return isUnknown ? panel.mark("address", words.notFound) : panel.complain(booking.wordsOf(problem));
    }
    booking.isUnplaced = draft.soonest = false;
    booking.go(TIME);
  };
  return {
    heading: words.heading,
    body: [
      textField(draft, "address", words.address, { autocomplete: "street-address", hint: words.hint }),
      anyway,
      textField(draft, "extra", words.extra, { optional: texts.optional }),
    ],
    submit: { label: texts.next, act },
  };
}

function goAnyway(booking: Booking): void {
  booking.isUnplaced = booking.draft.soonest = true;
  booking.draft.slot = null;
  booking.go(TIME);
}
