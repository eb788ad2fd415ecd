import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { withSharedFirst } from "../build/sharedStyles";

const SRC = join(dirname(import.meta.filename), "../src");

/** The classes by which a sheet's rules are anchored: the first of each selector; a rule that names none is its own. */
function anchorsOf(css: string): string[] {
  const rules = css.replaceAll(/\/\*[\s\S]*?\*\//g, "").matchAll(/([^{};]+)\{/g);
  const selectors = [...rules].map(([, selector = ""]) => selector.trim()).filter((one) => !/^(@|from$|to$)/.test(one));
  return selectors
    .flatMap((selector) => selector.split(/,(?![^(]*\))/))
    .map((one) => one.match(/\.[\w-]+/)?.[0] ?? one.trim());
}

const PAGES = readdirSync(join(SRC, "pages")).filter((name) =>
  readdirSync(join(SRC, "pages", name)).includes("style.css"),
);
const sheetOf = (name: string) => readFileSync(join(SRC, "pages", name, "style.css"), "utf8");
/** The words of a folder's components in which a class may stand; the first-run guide shows parts of the settings. */
function classesOutside(name: string): Set<string> {
  const inside = name === "settings" ? ["settings/", "welcome/"] : [`${name}/`];
  const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".tsx"));
  const own = inside.map((folder) => `pages/${folder}`);
  const others = files.filter((file) => !own.some((folder) => file.startsWith(folder)));
  const values = others.flatMap((file) => [
    ...readFileSync(join(SRC, file), "utf8").matchAll(/class=("[^"]*"|\{[^}]*)/g),
  ]);
  const texts = values.flatMap(([, value = ""]) => value.match(/"[^"]*"/g) ?? []);
  return new Set(texts.flatMap((text) => text.match(/[\w-]+/g) ?? []).map((word) => `.${word}`));
}

describe("a page's own style sheet, which stays when another page is opened", () => {
  test("there are such sheets", () => expect(PAGES.length).toBeGreaterThan(5));

  test.each(PAGES)("%s styles only what is in it", (name) => {
    const anchors = new Set(anchorsOf(sheetOf(name)));
    const elsewhere = classesOutside(name);
    const others = new Set(PAGES.filter((page) => page !== name).flatMap((page) => anchorsOf(sheetOf(page))));
    expect(
      [...anchors].filter((anchor) => !anchor.startsWith(".") || elsewhere.has(anchor) || others.has(anchor)),
    ).toEqual([]);
  });

  test("an anchor is the first class of a selector", () => {
    const css = `/* .no {} */ .a, .b > .c:is(.d, .e) { color: red; } @media print { body { margin: 0 } .f .g { top: 0 } }`;
    expect(anchorsOf(css)).toEqual([".a", ".b", "body", ".f"]);
  });
});

const page = (...names: string[]) =>
  `<head>\n${names.map((name) => `    <link rel="stylesheet" crossorigin href="/console/assets/${name}.css">\n`).join("")}  </head>`;

describe("the order of a built page's style sheets", () => {
  test.each([
    { entry: "index", given: ["index-C4", "base-CR"], ordered: ["base-CR", "index-C4"] },
    { entry: "app", given: ["Unreachable-D_", "base-CR", "app-9"], ordered: ["base-CR", "Unreachable-D_", "app-9"] },
    { entry: "app", given: ["app-9", "apples-1", "base-CR"], ordered: ["base-CR", "apples-1", "app-9"] },
    { entry: "follow", given: ["base-CR", "follow-vl"], ordered: ["base-CR", "follow-vl"] },
    { entry: "index", given: ["index-1"], ordered: ["index-1"] },
    { entry: "index", given: [], ordered: [] },
  ])("$entry: $given", ({ entry, given, ordered }) => {
    expect(withSharedFirst(page(...given), entry)).toBe(page(...ordered));
  });
});
