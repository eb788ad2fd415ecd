import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Desk } from "../state/desk";
import type { Session } from "../state/session";
import type { PageAddress } from "../model/pages";
import type { View } from "../state/view";

export interface Page {
  session: Session;
  desk: Desk;
  view: View;
  pages: readonly PageAddress[];
  current: PageAddress;
}

export const PageContext = createContext<Page | null>(null);

/** The page's state; only what stands inside the logged-in console may ask. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error("used outside the console");
  return page;
}
