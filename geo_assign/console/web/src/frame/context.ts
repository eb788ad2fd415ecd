import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "../api/client";
import type { Desk } from "../state/desk";
import type { Session } from "../state/session";
import type { View } from "../state/view";

export interface Page {
  session: Session;
  client: Client;
  desk: Desk;
  view: View;
}

export const PageContext = createContext<Page | null>(null);

/** The page's state; only what stands inside the logged-in console may ask. */
export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error("used outside the console");
  return page;
}
