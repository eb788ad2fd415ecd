/** Labelled fields that keep what is typed in the draft. */

import { h } from "./dom";
import type { Draft } from "./draft";

type TextName = { [Name in keyof Draft]: Draft[Name] extends string ? Name : never }[keyof Draft];

interface FieldOptions {
  type?: "text" | "tel" | "email";
  autocomplete?: string;
  hint?: string;
  optional?: string;
  lines?: number;
}

export function textField(draft: Draft, name: TextName, label: string, options: FieldOptions = {}): HTMLElement {
  const { type = "text", autocomplete = "off", hint, optional, lines } = options;
  const noted = hint ? h("small", { id: `ga-${name}-hint` }, hint) : undefined;
  const props = {
    name,
    autocomplete,
    maxlength: 400,
    "aria-required": !optional && "true",
    "aria-describedby": noted?.id,
    oninput: (event: Event) => {
      draft[name] = (event.target as HTMLInputElement).value;
    },
  };
  const field = lines ? h("textarea", { ...props, rows: lines }) : h("input", { ...props, type });
  field.value = draft[name];
  const word = h("span", {}, label, optional && h("small", {}, ` ${optional}`));
  return h("label", { class: "field" }, word, field, noted);
}

interface Choice<Value> {
  value: Value;
  label: string;
  hint?: string;
}

/** Radios as buttons, one of which is `chosen`. */
export function radios<Value>(
  name: string,
  choices: readonly Choice<Value>[],
  isChosen: (value: Value) => boolean,
  choose: (value: Value) => void,
): HTMLElement {
  const options = choices.map(({ value, label, hint }) => {
    const input = h("input", { type: "radio", name, onchange: () => choose(value) });
    input.checked = isChosen(value);
    return h("label", { class: "sl" }, input, h("span", {}, label, hint && h("small", {}, hint)));
  });
  return h("div", { class: "sls" }, ...options);
}

/** A line of the summary, with the way back to where it was said. */
export function summaryLine(
  drawing: SVGElement,
  words: (Node | string)[],
  change: string,
  what: string,
  go: () => void,
): HTMLElement {
  const button = h("button", { type: "button", "aria-label": what, onclick: go }, change);
  return h("li", {}, drawing, h("span", {}, ...words), button);
}
