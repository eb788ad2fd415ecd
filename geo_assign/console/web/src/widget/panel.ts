/** The widget's frame around each step: title, where one is, the form with its button, and what is to be said. */
import { type Booking, DONE, type View } from "./booking";
import { h, icon } from "./dom";
import type { Booked } from "./service";

const CHECK = "M3.5 8.5 6.7 11.5 12.7 4.8";
const LEFT = "M9.5 4.5 6 8 9.5 11.5";
const CROSS = "M4 4 12 12M12 4 4 12";

export class Panel {
  readonly element = h("section", { class: "ga", "aria-labelledby": "ga-title" });
  private readonly status = h("p", { class: "say", role: "status" });
  private readonly alert = h("p", { class: "alert", role: "alert" });
  private go = h("button", { class: "go" });
  private label = "";

  constructor(private readonly booking: Booking) {
    this.element.lang = booking.language;
  }

  /** Nothing to show yet. */
  wait(): void {
    this.status.textContent = this.booking.texts.loading;
    this.element.replaceChildren(this.title(), h("div", { class: "gb" }, this.status));
  }

  /** Nothing to show at all, and the way out if there is one. */
  fail(words: string, retry?: () => void): void {
    const again = retry && h("button", { class: "plain", type: "button", onclick: retry }, this.booking.texts.retry);
    this.alert.textContent = words;
    this.element.replaceChildren(this.title(), h("div", { class: "gb" }, this.alert, again));
  }

  draw(view: View, { keepFocus = false } = {}): void {
    const { texts, step, options } = this.booking;
    this.label = view.submit?.label ?? "";
    this.status.textContent = view.submit?.note ?? "";
    this.alert.textContent = "";
    this.go = h("button", { class: "go", type: "submit" }, this.label);
    const previous = texts.steps[step - 1] ?? "";
    const back =
      step > 0 &&
      h(
        "button",
        { class: "back", type: "button", "aria-label": texts.back(previous), onclick: () => this.booking.go(step - 1) },
        icon(LEFT),
      );
    const heading = h(options.isPage ? "h2" : "h3", { tabindex: -1 }, view.heading);
    const body = h("div", { class: "gb" }, heading, this.alert, ...view.body);
    const foot = view.submit && h("footer", { class: step > 0 ? "two" : "" }, back, this.go, this.status);
    const form = h("form", { novalidate: true, onsubmit: (event) => this.submit(event, view) }, body, foot);
    this.element.replaceChildren(h("header", {}, this.title(), this.steps()), form);
    if (!keepFocus && this.element.isConnected && (step > 0 || this.booking.draft.kind)) heading.focus();
  }

  /** What the button says; it repeats what is chosen. */
  rename(label: string): void {
    this.label = label;
    this.go.textContent = label;
  }

  /** Say what is going on. */
  say(words: string): void {
    this.status.textContent = words;
  }

  /** Say what went wrong, above the form, and let the visitor try again. */
  complain(words: string): void {
    this.status.textContent = "";
    this.alert.textContent = words;
    this.alert.scrollIntoView({ block: "nearest" });
  }

  /** Mark a field that is missing or wrong, and go there. */
  mark(name: string, words: string): void {
    for (const field of this.element.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
    const field = this.element.querySelector<HTMLElement>(`[name="${name}"]`);
    field?.setAttribute("aria-invalid", "true");
    this.complain(words);
    field?.focus();
  }

  /** Tell the page around that a visit was booked. */
  tell({ number, slot, status }: Booked): void {
    const detail = { number, slot, status };
    this.element.dispatchEvent(new CustomEvent("geo-assign-booked", { detail, bubbles: true, composed: true }));
  }

  private async submit(event: Event, view: View): Promise<void> {
    event.preventDefault();
    // Not `disabled`: the focus would be lost.
    if (!view.submit || this.go.getAttribute("aria-disabled")) return;
    this.go.setAttribute("aria-disabled", "true");
    this.alert.textContent = "";
    try {
      await view.submit.act();
    } finally {
      this.go.removeAttribute("aria-disabled");
    }
  }

  private title(): HTMLElement {
    const { texts, options } = this.booking;
    const close =
      options.onClose &&
      h("button", { class: "close", type: "button", "aria-label": texts.close, onclick: options.onClose }, icon(CROSS));
    const name = h(options.isPage ? "h1" : "h2", { id: "ga-title" }, options.heading || texts.title);
    return h("div", { class: "gh" }, name, close);
  }

  private steps(): HTMLElement {
    const { texts, step } = this.booking;
    const items = texts.steps.map((name, index) => {
      const isDone = index < step || step === DONE;
      const dot = h("i", {}, isDone ? icon(CHECK) : String(index + 1));
      const word = h("span", {}, name, isDone && h("span", { class: "sr" }, ` ${texts.done}`));
      return h("li", { class: isDone ? "ok" : "", "aria-current": index === step && "step" }, dot, word);
    });
    return h("ol", { class: "st", "aria-label": texts.stepOf(step + 1, texts.steps.length) }, ...items);
  }
}
