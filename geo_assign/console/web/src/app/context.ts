import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { View } from "../state/view";
import type { Account } from "./account";
import type { Workday } from "./workday";

interface Shown {
  account: Account;
  day: Workday;
  view: View;
}

const Context = createContext<Shown | null>(null);
export const Provided = Context.Provider;

/** The account and the day of the technician who is logged in. */
export function useApp(): Shown {
  const shown = useContext(Context);
  if (shown === null) throw new Error("There is no technician here.");
  return shown;
}
