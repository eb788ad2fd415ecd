/** The pages of the app, by their addresses: back and reload keep where one is. */
import { signal } from "@preact/signals";

export type Route =
  | { page: "today" }
  | { page: "next" }
  | { page: "me" }
  | { page: "looks" }
  | { page: "updates" }
  | { page: "work"; id: string }
  | { page: "finish"; id: string };

const BASE = "/app/";
const PLAIN = ["next", "me", "looks", "updates"] as const;
const OF_ORDER = ["work", "finish"] as const;

/** What an address shows; Today where it is none of the app's. */
export function routeOf(path: string): Route {
  const [name = "", id = ""] = path.slice(BASE.length).split("/");
  const ofOrder = OF_ORDER.find((page) => page === name);
  if (ofOrder && id) return { page: ofOrder, id: decodeURIComponent(id) };
  const plain = PLAIN.find((page) => page === name);
  return { page: plain ?? "today" };
}

export function pathOf(route: Route): string {
  if (route.page === "today") return BASE;
  return "id" in route ? `${BASE}${route.page}/${encodeURIComponent(route.id)}` : `${BASE}${route.page}`;
}

export const route = signal<Route>({ page: "today" });

export function followAddress(): void {
  const read = () => {
    route.value = routeOf(location.pathname);
  };
  addEventListener("popstate", read);
  read();
}

export function go(to: Route): void {
  if (pathOf(to) === location.pathname) return;
  history.pushState(null, "", pathOf(to));
  route.value = to;
  scrollTo(0, 0);
}
