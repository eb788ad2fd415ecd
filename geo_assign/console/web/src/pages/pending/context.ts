import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { texts } from "../../texts/console";
import type { PendingState } from "./state";

export const PendingContext = createContext<PendingState | null>(null);

/** The state of the page; only its parts may ask. */
export function usePending(): PendingState {
  const state = useContext(PendingContext);
  if (!state) throw new Error("used outside the pending page");
  return state;
}

/** The texts of this page, as the language is now. */
export const words = () => texts.value.pending;
