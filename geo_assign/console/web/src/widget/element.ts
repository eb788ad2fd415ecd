/** `<geo-assign-booking>`: the widget in a shadow root, so that the page's styles and ours leave each other alone. */

import tokens from "../styles/tokens.css?inline";
import { Booking, type Options } from "./booking";
import { chooseColours } from "./contrast";
import { h } from "./dom";
import { parseKinds, skillsOf } from "./draft";
import pageStyle from "./page.css?inline";
import { Service } from "./service";
import { chooseLanguage, textsOf } from "./texts";
import style from "./widget.css?inline";

export const NAME = "geo-assign-booking";
/** Where the key stands in the address of our own page. */
const OWN_PAGE = /^\/widget\/(gpk_[\w-]+)$/;

export class BookingElement extends HTMLElement {
  /** Where the script came from: the service that is asked. */
  static origin = "";

  connectedCallback(): void {
    // Moved within the page: what the visitor typed stays.
    if (this.shadowRoot) return;
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet(inShadow(tokens)), sheet(style)];
    const isPage = this.hasAttribute("page");
    const key = this.getAttribute("key") ?? OWN_PAGE.exec(location.pathname)?.[1] ?? "";
    const service = new Service(this.getAttribute("base") ?? BookingElement.origin, key);
    // Our own page is in English until the script speaks.
    const around = isPage ? null : document.documentElement.lang;
    const language = chooseLanguage([this.getAttribute("lang"), around, ...navigator.languages]);
    const opener = this.getAttribute("button");
    const dialog = opener === null ? null : h("dialog", { "aria-labelledby": "ga-title" });
    const onClose = dialog ? () => dialog.close() : undefined;
    const booking = new Booking(service, textsOf(language), language, { ...this.options(isPage), onClose });
    this.colour(booking.panel.element);
    if (isPage) this.fillPage(booking);
    if (dialog) root.append(...this.opened(dialog, opener || booking.texts.title, booking));
    else {
      root.append(booking.panel.element);
      void booking.start();
    }
  }

  private options(isPage: boolean): Options {
    return {
      heading: this.getAttribute("heading") ?? "",
      kinds: parseKinds(this.getAttribute("devices") ?? ""),
      skills: skillsOf(this.getAttribute("skills") ?? ""),
      storeId: this.getAttribute("store") ?? "",
      referral: this.getAttribute("referral") ?? "",
      asksReferral: !this.hasAttribute("referral"),
      isPage,
    };
  }

  /** The store's own colours, unless they could not be read on each other. */
  private colour(element: HTMLElement): void {
    const [accent, onAccent, radius] = ["accent", "on-accent", "radius"].map((name) => this.getAttribute(name));
    if (accent) {
      const chosen = chooseColours(accent, onAccent ?? null);
      if (typeof chosen === "string") console.warn(`${NAME}: the colours are left out. ${chosen}`);
      else {
        element.style.setProperty("--accent", chosen.accent);
        element.style.setProperty("--on-accent", chosen.onAccent);
      }
    }
    if (radius && /^\d{1,2}$/.test(radius)) element.style.setProperty("--radius", `${radius}px`);
  }

  private opened(dialog: HTMLDialogElement, label: string, booking: Booking): HTMLElement[] {
    dialog.append(booking.panel.element);
    const open = (): void => {
      if (!booking.stores.length) void booking.start();
      dialog.showModal();
    };
    const button = h("button", { class: "opener go", type: "button", onclick: open }, label);
    for (const name of ["--accent", "--on-accent", "--radius"]) {
      button.style.setProperty(name, booking.panel.element.style.getPropertyValue(name));
    }
    return [button, dialog];
  }

  private fillPage(booking: Booking): void {
    document.adoptedStyleSheets = [sheet(tokens), sheet(pageStyle)];
    document.documentElement.lang = booking.language;
    document.title = booking.texts.title;
  }
}

function sheet(text: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

/** The tokens are said of `:root`; a shadow root has a host instead. */
function inShadow(text: string): string {
  return text.replace(/:root(\[[^\]]*\])?/g, (_, attribute?: string) => (attribute ? `:host(${attribute})` : ":host"));
}
