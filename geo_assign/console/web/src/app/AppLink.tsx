import type { ComponentChildren } from "preact";
import { go, pathOf, type Route } from "./route";

interface Props {
  to: Route;
  class?: string;
  "aria-label"?: string | undefined;
  "aria-current"?: "page" | undefined;
  "data-open"?: boolean;
  children: ComponentChildren;
}

/** A link within the app; it can be opened in a tab of its own, too. */
export function AppLink({ to, children, ...rest }: Props) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(to);
  };
  return (
    <a href={pathOf(to)} onClick={follow} {...rest}>
      {children}
    </a>
  );
}
