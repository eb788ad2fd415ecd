import type { Booking, View } from "../booking";
import { h } from "../dom";

/** What was booked, and where it can be followed. */
export function doneStep(booking: Booking): View {
  const { texts, booked, times } = booking;
  const words = texts.booked;
  const when = booked?.slot ? times.full(booked.slot) : words.soon;
  const link = booked?.customer_link;
  return {
    heading: booked?.status === "confirmed" ? words.confirmed : words.heading,
    body: [
      h("dl", {}, h("dt", {}, words.number), h("dd", {}, booked?.number), h("dt", {}, words.when), h("dd", {}, when)),
      link ? h("p", {}, h("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, words.link)) : null,
      link ? h("p", { class: "fine" }, words.linkHint) : null,
      h("button", { class: "plain", type: "button", onclick: () => booking.again() }, words.another),
    ],
  };
}
