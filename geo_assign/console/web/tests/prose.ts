/** Finds in a source file what a person would read: such words belong to `src/texts`. */
import { parseSync } from "vite";

export interface Prose {
  line: number;
  text: string;
}

interface Node {
  type: string;
  start: number;
  [member: string]: unknown;
}

/** Attributes that hold no words. */
const CODE_ATTRIBUTES =
  /^(class|d|id|for|key|name|type|role|href|src|rel|target|style|viewBox|media|method|accept|autocomplete|autocapitalize|inputMode|enterkeyhint|aria-(controls|live|current|sort|autocomplete|haspopup|keyshortcuts|hidden|describedby|labelledby|activedescendant)|data-.*)$/;
/** Elements that show keys, code and the product's name, the same in every language. */
const CODE_ELEMENTS = new Set(["kbd", "code", "svg", "path"]);
/** Calls whose words are for those who develop the console, or for the browser. */
const CODE_CALLS =
  /^(Error|TypeError|warn|querySelector|querySelectorAll|closest|matches|addEventListener|removeEventListener|setAttribute|removeAttribute|getElementById|createElement|createElementNS|setProperty|matchMedia|hasAttribute|getContext|set|h|supports)$/;
/** The same in every language. */
const NAMES = new Set(
  "geo-assign|OwnTracks|Traccar|Traccar Client|Overland|OpenStreetMap|Google Maps|Mapbox|Nominatim|Photon|Gazetteer|Android|Windows|Mac|Linux|Feature|Point|Polygon|LineString|Hyperlegible Bold".split(
    "|",
  ),
);

/** Every literal of a file that is prose. `classes` are the names of the styles, which are not. */
export function proseIn(path: string, source: string, classes: ReadonlySet<string>): Prose[] {
  const { program, errors } = parseSync(path, source);
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]?.message}`);
  const found: Prose[] = [];
  const tell = (node: Node, text: string) =>
    found.push({ line: source.slice(0, node.start).split("\n").length, text: text.trim() });
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) walk(each);
      return;
    }
    if (value === null || typeof value !== "object" || !("type" in value)) return;
    const node = value as Node;
    if (isCode(node)) return;
    if (node.type === "JSXText" && hasWord(String(node.value))) {
      if (!NAMES.has(String(node.value).trim())) tell(node, String(node.value));
    } else if (node.type === "Literal" && typeof node.value === "string" && isProse(node.value, classes)) {
      tell(node, node.value);
    } else if (node.type === "JSXAttribute" && isWord(literalOf(node))) {
      tell(node, literalOf(node));
      return;
    } else if (node.type === "TemplateLiteral") {
      const quasis = (node.quasis as { value: { cooked: string } }[]).map(({ value: { cooked } }) => cooked);
      if (quasis.some((text) => isProsePart(text, classes))) tell(node, quasis.join("…"));
    }
    for (const [member, each] of Object.entries(node)) {
      if (member !== "quasis") walk(each);
    }
  };
  walk(program.body);
  return found;
}

const literalOf = (node: Node): string => {
  const value = node.value as Node | null;
  return value?.type === "Literal" ? String(value.value) : "";
};

/** Places where strings are never read: imports, types, keys, comparisons, styles. */
function isCode(node: Node): boolean {
  if (node.type.startsWith("TS") && !/^TS(As|NonNull|Satisfies)/.test(node.type)) return true;
  if (node.type.startsWith("Import") || node.type === "ExportAllDeclaration") return true;
  if (node.type === "BinaryExpression" && /^([!=]==?|in)$/.test(String(node.operator)) && !isJoined(node)) return true;
  if (node.type === "SwitchCase") return false;
  if (node.type === "JSXAttribute") return CODE_ATTRIBUTES.test(nameOf(node.name as Node));
  if (node.type === "JSXElement") return CODE_ELEMENTS.has(nameOf((node.openingElement as Node).name as Node));
  if (node.type === "CallExpression" || node.type === "NewExpression") return CODE_CALLS.test(calleeOf(node));
  return false;
}

const isJoined = ({ left, right }: Node) =>
  [left, right].some((side) => (side as Node).type === "ConditionalExpression");

function nameOf(node: Node): string {
  if (node.type === "JSXNamespacedName") return `${nameOf(node.namespace as Node)}:${nameOf(node.name as Node)}`;
  return String(node.name ?? "");
}

function calleeOf({ callee }: Node): string {
  const called = callee as Node;
  return called.type === "MemberExpression" ? nameOf(called.property as Node) : nameOf(called);
}

const hasWord = (text: string) => /\p{L}{2,}/u.test(text.replace(/&\w+;/g, ""));
/** An attribute's value that is read: a capital, or several words. */
const isWord = (text: string) =>
  hasWord(text) && !KEYS.test(text) && (/^\p{Lu}\p{Ll}/u.test(text) || /\p{L} \p{L}/u.test(text));

/** Symbols of units and parts of styles. */
const UNITS = /^(px|deg|em|rem|ms|min|km|kB|MB|fr|vw|vh|mm|minmax|auto|GMT|am|pm)$/;

const KEYS =
  /^(Shift Enter|Escape|Enter|Delete|Home|End|PageUp|PageDown|Arrow\w+|Shift|Tab|Backspace|Del|Esc|Ctrl|Space)( \p{Lu})?$/u;

function isProse(text: string, classes: ReadonlySet<string>): boolean {
  if (KEYS.test(text) || NAMES.has(text)) return false;
  const words = text.trim().split(/\s+/);
  if (words.every((word) => classes.has(word.replace(/^\./, "")))) return false;
  if (words.length === 1 && text === words[0]) return /^\p{Lu}\p{Ll}+[.!?…]?$/u.test(text);
  return isProsePart(text, classes);
}

/** A part of a text with a word that stands free. */
function isProsePart(text: string, classes: ReadonlySet<string>): boolean {
  if (!/\s/.test(text) || /[{}<>=;|[\]]|var\(|\dpx/.test(text) || /^[.#/]/.test(text.trim())) return false;
  const words = [...text.matchAll(/(?<=^|[\s(“"])(\p{L}[\p{L}'’-]+)(?=$|[\s.,:;!?)”"…])/gu)].map(([word]) => word);
  return words.some(
    (word) => !UNITS.test(word) && !KEYS.test(word) && !classes.has(word) && !/^\p{Lu}+$|-$/u.test(word),
  );
}
