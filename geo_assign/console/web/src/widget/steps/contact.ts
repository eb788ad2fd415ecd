import type { Booking, View } from "../booking";
import { h } from "../dom";
import { isEmail } from "../draft";
import { textField } from "../fields";

/** Whom to reach, and how. */
export function contactStep(booking: Booking): View {
  const { texts, draft, panel, times } = booking;
  const words = texts.contact;
  const act = (): void | Promise<void> => {
    if (!draft.name.trim()) return panel.mark("name", words.nameMissing);
    if (!draft.phone.trim()) return panel.mark("phone", words.phoneMissing);
    if (draft.email.trim() && !isEmail(draft.email)) return panel.mark("email", words.emailWrong);
    return booking.book();
  };
  const when = draft.slot ? times.full(draft.slot) : texts.time.soonest;
  const trap = textField(draft, "website", words.trap, { optional: " " });
  trap.querySelector("input")?.setAttribute("tabindex", "-1");
  return {
    heading: words.heading,
    body: [
      h("p", { class: "when" }, when),
      textField(draft, "name", words.name, { autocomplete: "name" }),
      textField(draft, "phone", words.phone, { type: "tel", autocomplete: "tel" }),
      textField(draft, "email", words.email, { type: "email", autocomplete: "email", optional: texts.optional }),
      booking.options.asksReferral ? textField(draft, "referral", words.referral, { optional: texts.optional }) : null,
      h("div", { class: "trap", "aria-hidden": "true" }, trap),
    ],
    submit: { label: words.send, act, note: texts.time.checked },
  };
}
