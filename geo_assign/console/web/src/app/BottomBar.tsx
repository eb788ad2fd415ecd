import { texts } from "../texts/app";
import { AppIcon, type AppIconName } from "./AppIcon";
import { AppLink } from "./AppLink";
import { type Route, route } from "./route";

const LINKS: readonly { page: "today" | "next" | "me"; icon: AppIconName }[] = [
  { page: "today", icon: "day" },
  { page: "next", icon: "clock" },
  { page: "me", icon: "user" },
];

const WITHIN: Partial<Record<Route["page"], "today" | "me">> = {
  looks: "me",
  work: "today",
  finish: "today",
  updates: "today",
};

/** The three places of the app. */
export function BottomBar() {
  const { nav } = texts.value;
  const open = route.value.page;
  return (
    <nav class="bottom" aria-label={nav.main}>
      {LINKS.map(({ page, icon }) => (
        <AppLink
          to={{ page }}
          key={page}
          aria-current={open === page ? "page" : undefined}
          data-open={(WITHIN[open] ?? open) === page}
        >
          <AppIcon name={icon} />
          {nav[page]}
        </AppLink>
      ))}
    </nav>
  );
}
