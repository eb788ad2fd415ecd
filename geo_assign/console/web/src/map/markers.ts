/** The few things drawn as elements over the map: the selected order, the ranked people, a pin being placed. */
import type { LatLon, OrderKind } from "../api/types";
import { BEAK_HALO, beak, type Paint, PLANNED, person, type Shape } from "../symbols/drawings";
import { symbolElement } from "../symbols/paint";

export interface RankedMark {
  id: string;
  rank: number;
  at: LatLon;
  name: string;
  note: string;
  provider: boolean;
  planned: boolean;
  /** Degrees from north while moving, else null. */
  heading_deg: number | null;
  chosen: boolean;
  /** 1 = fresh, 2 = older than a minute, 3 = older than five. */
  fade: 1 | 2 | 3;
}

export interface OrderMark {
  id: string;
  kind: OrderKind;
  at: LatLon;
  shapes: Shape[];
}

function element(tag: string, name: string, text = ""): HTMLElement {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}

function turned(shapes: Shape[], heading_deg: number): HTMLElement {
  const holder = element("span", "heading");
  holder.style.rotate = `${heading_deg}deg`;
  holder.append(symbolElement(shapes));
  return holder;
}

/** The first three are named on the map; the others in the list. */
export const hasLabel = ({ rank }: RankedMark): boolean => rank <= 3;

/** Fill `holder` with a ranked person: body, beak, number, and for the first three name and distance. */
export function drawRanked(holder: HTMLElement, mark: RankedMark): void {
  const shapes = mark.planned ? PLANNED : person("free", mark.provider ? "diamond" : "round");
  const heading = mark.planned ? null : mark.heading_deg;
  const paint: Paint = "free";
  const parts: Node[] = [];
  if (heading !== null) parts.push(turned(BEAK_HALO, heading));
  parts.push(symbolElement(shapes));
  if (heading !== null) parts.push(turned(beak(paint), heading));
  parts.push(element("b", mark.planned ? "number planned" : "number", String(mark.rank)));
  if (hasLabel(mark)) {
    const label = element("span", "label", mark.name);
    label.append(" ", element("small", "", mark.note));
    parts.push(label);
  }
  holder.replaceChildren(...parts);
  holder.dataset.fade = String(mark.fade);
  holder.dataset.chosen = String(mark.chosen);
  holder.title = `${mark.name}, ${mark.note}`;
}

export function rankedElement(): HTMLElement {
  return element("button", "mark ranked");
}

export function orderElement(): HTMLElement {
  return element("div", "mark selected-order");
}

export function drawOrder(holder: HTMLElement, mark: OrderMark): void {
  holder.replaceChildren(element("span", `foot ${mark.kind}`), symbolElement(mark.shapes));
}
