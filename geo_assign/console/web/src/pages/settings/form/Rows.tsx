import type { ComponentChildren, ComponentType } from "preact";
import { useId } from "preact/hooks";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import { useSettings } from "../state";
import {
  ChoiceControl,
  type ControlProps,
  NumberControl,
  SwitchControl,
  TextControl,
  ThingsControl,
  TicksControl,
  ZoneControl,
} from "./controls";
import { type Field, shownFields } from "./fields";
import type { Form } from "./form";
import { InstantControl } from "./InstantControl";
import { NumbersControl, PointControl, WordsControl } from "./typed";
import { WeekControl } from "./WeekControl";
import { wordsOf } from "./words";

// Each takes the fields of its own kind, and is found by it.
const CONTROLS: { readonly [K in Field["kind"]]: ComponentType<ControlProps<never>> } = {
  text: TextControl,
  number: NumberControl,
  switch: SwitchControl,
  choice: ChoiceControl,
  things: ThingsControl,
  ticks: TicksControl,
  words: WordsControl,
  numbers: NumbersControl,
  point: PointControl,
  zone: ZoneControl,
  week: WeekControl,
  instant: InstantControl,
};

/** Controls that take the whole width, below their words. */
const WIDE: readonly Field["kind"][] = ["week", "ticks"];

interface RowsProps {
  fields: readonly Field[];
  form: Form;
  label: string;
  /** A form for something new: nothing in it "was" anything. */
  fresh?: boolean;
  children?: ComponentChildren;
}

/** The fields of a form, one row each. */
export function Rows({ fields, form, label, fresh = false, children }: RowsProps) {
  return (
    <div class="rows" role="group" aria-label={label}>
      {shownFields(fields, form.draft.value).map((field) => (
        <Row key={field.name} field={field} form={form} fresh={fresh} />
      ))}
      {children}
    </div>
  );
}

interface RowProps {
  field: Field;
  form: Form;
  fresh: boolean;
}

function Row({ field, form, fresh }: RowProps) {
  const id = useId();
  const settings = useSettings();
  const said = texts.value;
  const { label, what, unit } = said.fields[field.text];
  const isChanged = !fresh && (form.changed.value.includes(field.name) || field.name in form.unread.value);
  const problem = field.name in form.unread.value ? said.form.unreadable : form.problems.value[field.name];
  const Control = CONTROLS[field.kind] as ComponentType<ControlProps<Field>>;
  const isWide = WIDE.includes(field.kind) || (field.kind === "things" && field.many);
  return (
    <div class={`row${isChanged ? " chg" : ""}${isWide ? " wide" : ""}`}>
      <div class="tx">
        <h2 id={`${id}-t`}>
          {label}
          {isChanged && (
            <span class="chip">
              {said.form.was(wordsOf(field, form.kept.value[field.name], (of) => settings.names[of].value))}
            </span>
          )}
        </h2>
        <p id={`${id}-w`}>
          {what}
          {problem && (
            <span class="bad" role="alert">
              <Icon name="warn" />
              {problem}
            </span>
          )}
        </p>
      </div>
      <div class="ct">
        <Control field={field} form={form} label={`${id}-t`} described={`${id}-w`} />
        {unit && <span class="unit">{unit}</span>}
      </div>
    </div>
  );
}
