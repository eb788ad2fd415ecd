/** The keys of the page: each presses the control that carries its name, so a key never does more than a click. */
import { useLayoutEffect } from "preact/hooks";
import { usePage } from "../../frame/context";
import { focusOf } from "../../state/keys";
import { useOrderState } from "./context";

/** The name of a key as it is printed: `A`, `Shift R`, `Del`. Null for one that means nothing here. */
export function nameOfKey({ key, shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent | PressedKey): string | null {
  if (ctrlKey || metaKey || altKey) return null;
  if (key === "Delete") return "Del";
  if (key.length !== 1) return null;
  return (shiftKey ? "Shift " : "") + key.toUpperCase();
}

export interface PressedKey {
  key: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

export function useOrderKeys(): void {
  const state = useOrderState();
  const { view } = usePage();
  // With what is drawn, so that a key pressed at once is not lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.repeat) return;
      if (event.key === "Escape" && state.form.value) {
        state.form.value = null;
        event.preventDefault();
        return;
      }
      if (!view.letterKeys.value || focusOf(event.target) === "field") return;
      const name = nameOfKey(event);
      if (name === "U" && state.undoable.value) void state.undo();
      const control = name && document.querySelector<HTMLElement>(`.ord [data-shortcut="${CSS.escape(name)}"]`);
      if (!control) return;
      event.preventDefault();
      if (control instanceof HTMLInputElement) control.focus();
      else control.click();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [state, view]);
}
