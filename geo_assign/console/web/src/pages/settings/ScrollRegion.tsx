import type { ComponentChildren } from "preact";

/** A table that may be wider or longer than its place. */
export function ScrollRegion({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <section class="wide-table" tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
