/** Texts that print a count say it rightly for one, too, in every language. */
import { parseSync } from "vite";
import { describe, expect, it } from "vitest";

type Text = (...given: unknown[]) => unknown;
interface Node {
  type: string;
  [member: string]: unknown;
}

const ENGLISH = {
  ...import.meta.glob<string>("../src/texts/en/*.ts", { eager: true, query: "?raw", import: "default" }),
  ...import.meta.glob<string>("../src/widget/texts/en.ts", { eager: true, query: "?raw", import: "default" }),
};
const MODULES = {
  ...import.meta.glob<Record<string, unknown>>("../src/texts/{en,de,pt}/*.ts", { eager: true }),
  ...import.meta.glob<Record<string, unknown>>("../src/widget/texts/{en,de,pt}.ts", { eager: true }),
};
/** What stays as it is after one and after more: units, and what is no noun or verb that counts. */
const ALIKE = new Set(
  [
    "min h ms MB s km m Std Min",
    "of von de hier here aqui today heute hoje",
    "free frei off fora nicht außerhalb said may cannot can could have",
    "done erledigt selected ausgewählt abgelehnt anbieten gefragt überfällig verspätet abgeben optimieren auswählen zu",
    "more an je por away Techniker nearer late overdue im davon mais",
    "em do since não der",
  ].flatMap((words) => words.split(" ")),
);
/** Where the number is a place in a row, or the whole that another is part of. */
const NO_COUNT = /\b(number|Nummer|número|order|Offer|Step|Schritt|Passo|Foto|of|von|de) 1\b/;

/** Of each text function of English, by the path to it, which arguments are numbers. */
function numbersOf(source: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  const visit = (node: unknown, path: string): void => {
    if (Array.isArray(node)) {
      for (const each of node) visit(each, path);
      return;
    }
    if (!node || typeof node !== "object") return;
    const { type, key, value } = node as Node;
    if (type !== "Property") {
      for (const each of Object.values(node)) visit(each, path);
      return;
    }
    const { name, value: quoted } = key as { name?: string; value?: string };
    const inner = `${path}.${name ?? quoted}`;
    const { type: kind, params } = value as Node & { params?: Node[] };
    if (kind === "ArrowFunctionExpression") found.set(inner, (params ?? []).flatMap(placeOfNumber));
    else visit(value, inner);
  };
  visit(parseSync("texts.ts", source).program, "");
  return found;
}

function placeOfNumber(parameter: Node, place: number): number[] {
  const annotation = parameter.typeAnnotation as { typeAnnotation: Node } | undefined;
  return annotation?.typeAnnotation.type === "TSNumberKeyword" ? [place] : [];
}

function* textsIn(of: unknown, path: string): Generator<[string, Text]> {
  if (typeof of === "function") yield [path, of as Text];
  else if (of && typeof of === "object") {
    for (const [name, inner] of Object.entries(of)) yield* textsIn(inner, `${path}.${name}`);
  }
}

/** The text with one where a count goes, if it is the same as with two but for the number and what follows is a word. */
function sameForOne(text: Text, place: number): string | null {
  const say = (count: number) =>
    String(text(...Array.from({ length: Math.max(text.length, place + 1) }, (_, at) => (at === place ? count : 7))));
  const one = say(1);
  if (one.replaceAll(/(?<![\d.,:])1(?![\d.,:])/g, "2") !== say(2) || NO_COUNT.test(one)) return null;
  const [, next] = /(?<![\d.,:])1\s+([\p{L}_]+)/u.exec(one) ?? [];
  return next !== undefined && !ALIKE.has(next) ? one : null;
}

const numbers = Object.entries(ENGLISH).map(([path, source]) => [fileOf(path), numbersOf(source)] as const);

function fileOf(path: string): string {
  return path.replace(/\/(en|de|pt)(?=[/.])/, "/…");
}

describe("a text with a count", () => {
  it("says one rightly, in English, German and Portuguese", () => {
    const wrong: string[] = [];
    let asked = 0;
    for (const [path, module] of Object.entries(MODULES)) {
      const places = new Map(numbers).get(fileOf(path));
      for (const [exported, value] of Object.entries(module)) {
        for (const [name, text] of textsIn(value, "")) {
          for (const place of places?.get(name) ?? []) {
            asked += 1;
            const told = sameForOne(text, place);
            if (told) wrong.push(`${path} ${exported}${name}: ${told}`);
          }
        }
      }
    }
    expect(wrong).toEqual([]);
    expect(asked).toBeGreaterThan(300);
  });

  it.each([
    [(count: number) => `${count} stores`, "1 stores"],
    [(count: number) => `${count} Aufträge, alle offen`, "1 Aufträge, alle offen"],
    [(count: number) => `${count} konnten nicht`, "1 konnten nicht"],
    [(count: number) => (count === 1 ? "1 store" : `${count} stores`), null],
    [(count: number) => `${count} min`, null],
    [(count: number) => `${count}/7`, null],
    [(count: number) => `number ${count} in the row`, null],
  ])("is found where it does not", (text, found) => {
    expect(sameForOne(text as Text, 0)).toBe(found);
  });
});
