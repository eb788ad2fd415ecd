import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface CardProps {
  title: string;
  what?: string;
  children: ComponentChildren;
}

/** A part of a page with a title and what it is for. */
export function Card({ title, what, children }: CardProps) {
  const id = useId();
  return (
    <section class="card" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {what && <p class="mut">{what}</p>}
      {children}
    </section>
  );
}
