import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface BoxProps {
  class: string;
  title: string;
  hint?: string | undefined;
  /** A link or button at the end of the title. */
  aside?: ComponentChildren;
  children: ComponentChildren;
}

/** One part of the page under its title. */
export function Box({ class: name, title, hint, aside, children }: BoxProps) {
  const id = useId();
  return (
    <section class={`box ${name}`} aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {hint && <span class="muted">{hint}</span>}
        {aside}
      </header>
      {children}
    </section>
  );
}
