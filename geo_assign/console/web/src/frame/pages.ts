import type { ComponentType } from "preact";
import type { ConsoleTexts } from "../texts/console";

export interface ConsolePage {
  /** Its address: `/console/<name>`; empty for the map. */
  readonly name: string;
  /** Its link in the bar, and the title of the tab. */
  readonly label: (texts: ConsoleTexts) => string;
  /** False for a page that is reached from others only. */
  readonly inBar: boolean;
  /** Its code and styles, loaded when it is opened first. */
  readonly load: () => Promise<{ default: ComponentType }>;
}

/** Every page of the console, in the order of their links. */
export const PAGES: readonly ConsolePage[] = [
  { name: "", label: ({ frame }) => frame.map, inBar: true, load: () => import("../pages/map/Page") },
  { name: "board", label: ({ frame }) => frame.board, inBar: true, load: () => import("../pages/board/Page") },
  { name: "pending", label: ({ pending }) => pending.label, inBar: true, load: () => import("../pages/pending/Page") },
  { name: "order", label: ({ order }) => order.label, inBar: false, load: () => import("../pages/order/Page") },
  { name: "insight", label: ({ frame }) => frame.insight, inBar: true, load: () => import("../pages/insight/Page") },
  { name: "settings", label: ({ frame }) => frame.settings, inBar: true, load: () => import("../pages/settings/Page") },
  { name: "welcome", label: ({ frame }) => frame.welcome, inBar: false, load: () => import("../pages/welcome/Page") },
];

export function findPage(name: string): ConsolePage | undefined {
  return PAGES.find((page) => page.name === name);
}
