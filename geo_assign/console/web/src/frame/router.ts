/** Where the console is: a page, and everything that is chosen on it, in the address. */
import { computed, signal } from "@preact/signals";

export interface Address {
  /** The part after `/console/`; empty for the map. */
  page: string;
  query: URLSearchParams;
}

/** What a query is to be: null takes a key out. */
export type QueryChanges = Record<string, string | null>;

export const BASE = "/console/";
/** Kept from page to page. */
const SCOPE = "store";

/** The address of a path and its query; null for a path that is not the console's. */
export function parseAddress(pathname: string, search: string): Address | null {
  if (!pathname.startsWith(BASE)) return null;
  return { page: pathname.slice(BASE.length), query: new URLSearchParams(search) };
}

/** The path of a page with its query; empty values are left out. */
export function hrefOf(page: string, query: URLSearchParams | QueryChanges = {}): string {
  const entries = query instanceof URLSearchParams ? [...query] : Object.entries(query);
  const kept = entries.filter((entry): entry is [string, string] => Boolean(entry[1]));
  const search = new URLSearchParams(kept).toString();
  return BASE + page + (search && `?${search}`);
}

/** The query with some keys changed. */
export function changedQuery(query: URLSearchParams, changes: QueryChanges): URLSearchParams {
  const changed = new URLSearchParams(query);
  for (const [key, value] of Object.entries(changes)) {
    if (value) changed.set(key, value);
    else changed.delete(key);
  }
  return changed;
}

const here = (): Address =>
  parseAddress(location.pathname, location.search) ?? { page: "", query: new URLSearchParams() };

/** The address that is shown. It changes by `go`, `setQuery`, a link, and the browser's back and forward. */
export const address = signal<Address>(globalThis.location ? here() : { page: "", query: new URLSearchParams() });

/** The page that is shown, apart from its query. */
export const currentPage = computed(() => address.value.page);

/** The value of a key in the query, or null. Reading it follows its changes. */
export function queryValue(key: string): string | null {
  return address.value.query.get(key);
}

/** Open a page. The stores chosen stay chosen. */
export function go(page: string, query: QueryChanges = {}): void {
  const scope = address.peek().query.get(SCOPE);
  show(hrefOf(page, { [SCOPE]: scope, ...query }), false);
}

/** Change what is chosen on this page. `replace` leaves no step for the browser's back: for what follows from another choice. */
export function setQuery(changes: QueryChanges, { replace = false }: { replace?: boolean } = {}): void {
  const { page, query } = address.peek();
  show(hrefOf(page, changedQuery(query, changes)), replace);
}

function show(href: string, replace: boolean): void {
  if (href === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  address.value = here();
}

/** Follow back, forward and plain clicks on links to pages that `isPage` knows. Returns what ends it. */
export function startRouter(isPage: (page: string) => boolean): () => void {
  const moved = () => {
    address.value = here();
  };
  const clicked = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || !isPlain(event) || link.target || link.hasAttribute("download") || link.origin !== location.origin)
      return;
    const wanted = parseAddress(link.pathname, link.search);
    if (!wanted || !isPage(wanted.page)) return;
    event.preventDefault();
    go(wanted.page, Object.fromEntries(wanted.query));
  };
  window.addEventListener("popstate", moved);
  document.addEventListener("click", clicked);
  return () => {
    window.removeEventListener("popstate", moved);
    document.removeEventListener("click", clicked);
  };
}

/** A click that no modifier turns into another tab or a download. */
function isPlain(event: MouseEvent): boolean {
  return (
    !event.defaultPrevented &&
    event.button === 0 &&
    !event.metaKey &&
    !event.ctrlKey &&
    !event.shiftKey &&
    !event.altKey
  );
}
