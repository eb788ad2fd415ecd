/** The one script: it defines the element, and puts one where a script tag with a key stands. */
import { BookingElement, NAME } from "./element";

const script = document.currentScript;

if (script instanceof HTMLScriptElement && script.src) {
  BookingElement.origin = script.src.replace(/\/widget\.js.*$/, "");
}
if (!customElements.get(NAME)) customElements.define(NAME, BookingElement);
if (script instanceof HTMLScriptElement && script.dataset.key) {
  const element = document.createElement(NAME);
  for (const { name, value } of script.attributes) {
    if (name.startsWith("data-")) element.setAttribute(name.slice("data-".length), value);
  }
  script.after(element);
}
