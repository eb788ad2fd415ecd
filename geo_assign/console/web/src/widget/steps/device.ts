import { ADDRESS, type Booking, type View } from "../booking";
import { h } from "../dom";
import { radios, textField } from "../fields";

/** Which device, and what is wrong with it; which shop, where there are several. */
export function deviceStep(booking: Booking): View {
  const { texts, draft } = booking;
  const words = texts.device;
  const kinds = booking.kinds.map(({ name }) => ({ value: name, label: name }));
  const act = (): void => {
    if (!draft.kind) booking.panel.mark("kind", words.missing);
    else if (!draft.issue.trim()) booking.panel.mark("issue", words.issueMissing);
    else booking.go(ADDRESS);
  };
  return {
    heading: words.heading,
    body: [
      h(
        "fieldset",
        {},
        h("legend", { class: "sr" }, words.heading),
        radios(
          "kind",
          kinds,
          (kind) => kind === draft.kind,
          (kind) => {
            draft.kind = kind;
          },
        ),
      ),
      textField(draft, "brand", words.brand, { optional: texts.optional }),
      textField(draft, "issue", words.issue, { hint: words.issueHint, lines: 2 }),
      booking.stores.length > 1 ? shops(booking) : null,
    ],
    submit: { label: texts.next, act },
  };
}

function shops({ stores, draft, texts }: Booking): HTMLElement {
  const options = stores.map((store) => {
    const option = h("option", { value: store.id }, store.name);
    option.selected = store.id === draft.storeId;
    return option;
  });
  const choose = (event: Event): void => {
    draft.storeId = (event.target as HTMLSelectElement).value;
  };
  return h(
    "label",
    { class: "field" },
    h("span", {}, texts.device.store),
    h("select", { name: "store", onchange: choose }, ...options),
  );
}
