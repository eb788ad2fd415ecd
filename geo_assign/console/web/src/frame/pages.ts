import type { ComponentType } from "preact";
import type { Me } from "../api/types";
import { mayOpenSettings } from "../panel/rights";
import type { ConsoleTexts } from "../texts/console";

export interface ConsolePage {
  /** Its address: `/console/<name>`; empty for the map. */
  readonly name: string;
  /** Its link in the bar, and the title of the tab. */
  readonly label: (texts: ConsoleTexts) => string;
  /** False for a page that is reached from others only. */
  readonly inBar: boolean;
  /** Whether this user may open it; absent: all users may. */
  readonly isFor?: (me: Me) => boolean;
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
  {
    name: "settings",
    label: ({ frame }) => frame.settings,
    inBar: true,
    isFor: mayOpenSettings,
    load: () => import("../pages/settings/Page"),
  },
  { name: "welcome", label: ({ frame }) => frame.welcome, inBar: false, load: () => import("../pages/welcome/Page") },
];

/** The pages whose links this user sees. */
export function pagesInBar(me: Me): readonly ConsolePage[] {
  return PAGES.filter(({ inBar, isFor }) => inBar && (isFor?.(me) ?? true));
}

export function findPage(name: string): ConsolePage | undefined {
  return PAGES.find((page) => page.name === name);
}
