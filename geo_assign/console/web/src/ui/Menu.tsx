import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  /** On the outer element. */
  class: string;
  summary: ComponentChildren;
  children: ComponentChildren;
}

/** A card that a button opens; Escape, or a press elsewhere, closes it and leaves the focus on the button. */
export function Menu({ class: name, summary, children }: Props) {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const pressed = (event: PointerEvent) => {
      if (menu.current?.open && !menu.current.contains(event.target as Node)) menu.current.open = false;
    };
    document.addEventListener("pointerdown", pressed);
    return () => document.removeEventListener("pointerdown", pressed);
  }, []);
  const escape = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !menu.current?.open) return;
    event.preventDefault();
    menu.current.open = false;
    menu.current.querySelector("summary")?.focus();
  };
  return (
    <details ref={menu} class={name} onKeyDown={escape}>
      <summary>{summary}</summary>
      <div class="card menu">{children}</div>
    </details>
  );
}
