/** Controls whose value is written as text: several words or numbers, a point. */
import { useState } from "preact/hooks";
import { type ControlProps, typed } from "./controls";
import type { NumbersField, PlainField, WordsField } from "./fields";
import type { Form } from "./form";
import { readNumbers, readPoint, readWords, writeNumber, writePoint } from "./values";

interface TypedProps {
  name: string;
  form: Form;
  label: string;
  described: string;
  /** What stands in the control for a value, and what a text means; undefined: nothing yet. */
  write: (value: unknown) => string;
  read: (text: string) => unknown;
  placeholder?: string;
}

/** A value that is written as text. While it is typed the text stays as it is; it may not mean anything yet. */
function Typed({ name, form, label, described, write, read, placeholder }: TypedProps) {
  const [text, setText] = useState<string | null>(null);
  const unread = form.unread.value[name];
  const enter = (entered: string) => {
    setText(entered);
    const value = read(entered);
    if (value === undefined) form.cannotRead(name, entered);
    else form.set(name, value);
  };
  const shown = unread ?? text ?? write(form.draft.value[name]);
  return (
    <input
      class="in"
      autocomplete="off"
      spellcheck={false}
      placeholder={placeholder}
      aria-labelledby={label}
      aria-describedby={described}
      aria-invalid={unread !== undefined || name in form.problems.value}
      value={shown}
      onInput={(event) => enter(typed(event))}
      onBlur={() => setText(null)}
    />
  );
}

export function WordsControl({ field, ...rest }: ControlProps<WordsField>) {
  const write = (value: unknown) => (Array.isArray(value) ? value.join(", ") : "");
  return <Typed {...rest} name={field.name} write={write} read={readWords} />;
}

export function NumbersControl({ field, ...rest }: ControlProps<NumbersField>) {
  const write = (value: unknown) =>
    Array.isArray(value) ? value.map((each) => writeNumber(each, field.scale)).join(" ") : "";
  return <Typed {...rest} name={field.name} write={write} read={(text) => readNumbers(text, field.scale)} />;
}

export function PointControl({ field, ...rest }: ControlProps<PlainField>) {
  return <Typed {...rest} name={field.name} write={writePoint} read={readPoint} placeholder="41.1496, -8.6109" />;
}
