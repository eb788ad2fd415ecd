import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { proseIn } from "./prose";

const SRC = new URL("../src/", import.meta.url).pathname;
const FILES = readdirSync(SRC, { recursive: true, encoding: "utf8" });
/** Every file is parsed: a busy machine may take its time. */
const PATIENCE_MS = 300_000;
/** Says in the browser's console what is wrong with a store's colours, to those who build its site. */
const FOR_DEVELOPERS = new Set(["widget/contrast.ts"]);
const SOURCES = FILES.filter(
  (path) =>
    /\.tsx?$/.test(path) && !/(^|\/)texts\//.test(path) && !/\.gen\.ts$/.test(path) && !FOR_DEVELOPERS.has(path),
);
const CLASSES = new Set(
  FILES.filter((path) => path.endsWith(".css"))
    .flatMap((path) => readFileSync(join(SRC, path), "utf8").match(/\.[a-z][\w-]*/g) ?? [])
    .map((name) => name.slice(1)),
);

const found = (source: string, path = "x.tsx") => proseIn(path, source, CLASSES).map(({ text }) => text);

describe("words that a person reads", () => {
  it(
    "stand in the texts alone",
    () => {
      const outside = SOURCES.flatMap((path) =>
        proseIn(path, readFileSync(join(SRC, path), "utf8"), CLASSES).map(
          ({ line, text }) => `${path}:${line} ${text}`,
        ),
      );
      expect(outside).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.each([
    ["<p>Log in</p>", ["Log in"]],
    ["<p>Loading…</p>", ["Loading…"]],
    ['<input placeholder="Find a person" />', ["Find a person"]],
    ['<Card title="Welcome" />', ["Welcome"]],
    ['<Card title={open ? "Choose a password" : "Closed"} />', ["Choose a password", "Closed"]],
    [`const text = \`\${age} ago\`;`, ["… ago"]],
    [`const text = \`\${name} is \${where}, but \${why}\`;`, ["… is …, but …"]],
    ['const words = { done: "Cancelled" };', ["Cancelled"]],
    ['say(busy ? "Saving…" : words.save);', ["Saving…"]],
    ['const text = count + " orders";', ["orders"]],
  ])("are found: %s", (source, texts) => expect(found(source)).toEqual(texts));

  it.each([
    ['<div class="card menu">{words.title}</div>'],
    ["<kbd>Enter</kbd>"],
    ["<b>geo-assign</b>"],
    ['if (event.key === "Escape") leave();'],
    ['document.querySelector(".near .act button, .near button");'],
    ['throw new Error("there is no such thing");'],
    [`element.style.transform = \`translate(\${x}px, \${y}px)\`;`],
    [`const href = \`\${base}/console/\${page}\`;`],
    ['import { a } from "./some file";'],
    ['type Way = "Go there" | "stay here";'],
    [`const text = \`\${n} min\`;`],
  ])("are not seen in %s", (source) => expect(found(source)).toEqual([]));
});
