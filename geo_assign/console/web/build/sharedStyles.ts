import type { Plugin } from "vite";

const SHEET = /[ \t]*<link rel="stylesheet"[^>]*href="[^"]*\/([^/"]+)"[^>]*>\n?/g;
/** The sheet of tokens and of what every page is made of: it comes before all others. */
const FOUNDATION = "base";

/**
 * The page with its style sheets as its modules import them: the foundation, what it shares with other pages, its own.
 * Of two rules alike the later wins, and the bundler names a chunk of nothing but styles after those of the entry.
 *
 * @param entry The name of the page's entry; its own sheets are named after it.
 */
export function withSharedFirst(html: string, entry: string): string {
  const sheets = [...html.matchAll(SHEET)].map(([link, name = ""]) => ({ link, place: placeOf(name, entry) }));
  sheets.sort((one, other) => one.place - other.place);
  let next = 0;
  return html.replace(SHEET, () => sheets[next++]?.link ?? "");
}

function placeOf(name: string, entry: string): number {
  if (name.startsWith(`${FOUNDATION}-`)) return 0;
  return name.startsWith(`${entry}-`) ? 2 : 1;
}

export function sharedStylesFirst(): Plugin {
  return {
    name: "shared-styles-first",
    apply: "build",
    transformIndexHtml: {
      order: "post",
      handler: (html, { chunk }) => (chunk ? withSharedFirst(html, chunk.name) : html),
    },
  };
}
