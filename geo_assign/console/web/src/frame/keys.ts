/** The keys that work on every page: `/` finds, `N` begins a new work order. */
import { useLayoutEffect } from "preact/hooks";
import { focusOf } from "../state/keys";
import type { View } from "../state/view";
import { setQuery } from "./router";

const LETTERS: Record<string, () => void> = {
  "/": () => document.getElementById("find")?.focus(),
  n: () => setQuery({ new: "lead" }),
};

export function useFrameKeys(view: View): void {
  // With what is drawn, not a moment after it: a key pressed at once is not lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (event.defaultPrevented || modified || !view.letterKeys.value || focusOf(event.target) === "field") return;
      const act = LETTERS[event.key.toLowerCase()];
      if (!act) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [view]);
}
