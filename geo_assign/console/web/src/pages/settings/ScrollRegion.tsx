import type { ComponentChildren } from "preact";

/** A table that may be wider or longer than its place. */
export function ScrollRegion({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="wide-table" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
