/** The one script: it defines the element, and puts one where a script tag with a key stands. */
import { BookingElement, NAME } from "./element";

// A module has no current script; then the first tag that names this file is meant.
const script = document.currentScript ?? document.querySelector('script[src$="/widget.js"]');

if (script instanceof HTMLScriptElement) {
  BookingElement.origin = script.src.replace(/\/widget\.js.*$/, "");
  if (!customElements.get(NAME)) customElements.define(NAME, BookingElement);
  if (script.dataset.key) putBeside(script);
}

function putBeside(tag: HTMLScriptElement): void {
  const element = document.createElement(NAME);
  for (const { name, value } of tag.attributes) {
    if (name.startsWith("data-")) element.setAttribute(name.slice("data-".length), value);
  }
  // In a head nothing is shown: then it stands at the end of the page.
  if (!tag.closest("head")) tag.after(element);
  else if (document.body) document.body.append(element);
  else addEventListener("DOMContentLoaded", () => document.body.append(element), { once: true });
}
