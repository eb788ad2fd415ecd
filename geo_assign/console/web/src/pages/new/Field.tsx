import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";
import type { Draft } from "./model";
import type { NewOrder } from "./state";

type TextField = { [K in keyof Draft]: Draft[K] extends string ? K : never }[keyof Draft];

interface Props {
  order: NewOrder;
  name: TextField;
  label: string;
  type?: "text" | "tel" | "email" | "number" | "datetime-local";
  /** Rows of a text of several lines; without it the field is a line. */
  rows?: number;
  focused?: boolean;
  hint?: string;
  children?: ComponentChildren;
}

/** A field of the draft, with what the service says against it. */
export function Field({ order, name, label, type = "text", rows, focused = false, hint, children }: Props) {
  const id = useId();
  const problem = order.fieldProblems.value.get(name);
  const described = problem ? `${id}-problem` : hint ? `${id}-hint` : undefined;
  const common = {
    id,
    value: order.draft.value[name],
    autocomplete: "off",
    "aria-invalid": problem !== undefined,
    "aria-describedby": described,
    "data-autofocus": focused || undefined,
    onInput: (event: { currentTarget: { value: string } }) => order.change({ [name]: event.currentTarget.value }),
  };
  // One of several types: the table of attributes has one entry for each.
  const line = { ...common, type } as JSX.IntrinsicElements["input"];
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="input">
        {rows ? <textarea {...common} rows={rows} /> : <input {...line} />}
        {children}
      </div>
      {hint && !problem && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p class="field-problem" id={`${id}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}
