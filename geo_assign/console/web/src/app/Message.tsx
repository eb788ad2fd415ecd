import type { ComponentChildren } from "preact";
import { Mark } from "../symbols/Icon";

/** A screen with one thing to say and the ways out. */
export function Message({ title, text, children }: { title: string; text: string; children?: ComponentChildren }) {
  return (
    <main class="message">
      <section class="box" role="status">
        <Mark />
        <h1>{title}</h1>
        <p>{text}</p>
        {children}
      </section>
    </main>
  );
}
