/** The keys that work on every page: `/` finds. */
import { useEffect } from "preact/hooks";
import { focusOf } from "../state/keys";
import type { View } from "../state/view";

const LETTERS: Record<string, () => void> = {
  "/": () => document.getElementById("find")?.focus(),
};

export function useFrameKeys(view: View): void {
  useEffect(() => {
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
