import type { TargetedEvent } from "preact";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import { useSettings } from "../state";
import type {
  ChoiceField,
  Field,
  NumberField,
  PlainField,
  SwitchField,
  TextField,
  ThingsField,
  TicksField,
} from "./fields";
import type { Form } from "./form";
import { readNumber, stepped, writeNumber } from "./values";
import { optionText } from "./words";

export interface ControlProps<F extends Field> {
  field: F;
  form: Form;
  /** Ids of the words beside it: the label, and what explains or refuses it. */
  label: string;
  described: string;
}

export const typed = (event: TargetedEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) =>
  event.currentTarget.value;

export function TextControl({ field, form, label, described }: ControlProps<TextField>) {
  const value = String(form.draft.value[field.name] ?? "");
  const invalid = field.name in form.problems.value;
  const set = (text: string) => form.set(field.name, text === "" && field.nullable ? null : text);
  const shared = {
    "aria-labelledby": label,
    "aria-describedby": described,
    "aria-invalid": invalid,
    class: "in",
    value,
  };
  if (field.lines) return <textarea {...shared} rows={3} onInput={(event) => set(typed(event))} />;
  const more = { ...shared, onInput: (event: TargetedEvent<HTMLInputElement>) => set(typed(event)) };
  if (field.input === "password") return <input {...more} type="password" autocomplete="new-password" />;
  return <input {...more} inputMode={field.input ?? "text"} autocomplete="off" />;
}

export function NumberControl({ field, form, label, described }: ControlProps<NumberField>) {
  const { less, more } = texts.value.form;
  const name = texts.value.fields[field.text].label;
  const unread = form.unread.value[field.name];
  const shown = unread ?? writeNumber(form.draft.value[field.name], field.scale);
  const enter = (text: string) => {
    const value = readNumber(text, field);
    if (value === undefined) form.cannotRead(field.name, text);
    else form.set(field.name, value);
  };
  const step = (by: 1 | -1) => form.set(field.name, stepped(form.draft.value[field.name], by, field));
  return (
    <div class="num">
      <button type="button" aria-label={less(name)} onClick={() => step(-1)}>
        <Icon name="minus" />
      </button>
      <input
        inputMode="decimal"
        autocomplete="off"
        aria-labelledby={label}
        aria-describedby={described}
        aria-invalid={unread !== undefined || field.name in form.problems.value}
        value={shown}
        onInput={(event) => enter(typed(event))}
      />
      <button type="button" aria-label={more(name)} onClick={() => step(1)}>
        <Icon name="plus" />
      </button>
    </div>
  );
}

export function SwitchControl({ field, form, label, described }: ControlProps<SwitchField>) {
  const on = form.draft.value[field.name] === true;
  const { on: onText, off } = texts.value.form;
  return (
    <button
      type="button"
      class="swi"
      role="switch"
      aria-checked={on}
      aria-labelledby={label}
      aria-describedby={described}
      onClick={() => form.set(field.name, !on)}
    >
      <span>{on ? onText : off}</span>
      <i />
    </button>
  );
}

/** All choices side by side; the keyboard reaches each. */
export function ChoiceControl({ field, form, label, described }: ControlProps<ChoiceField>) {
  const chosen = form.draft.value[field.name];
  return (
    <div class="pick" role="group" aria-labelledby={label} aria-describedby={described}>
      {field.unset && (
        <button type="button" aria-pressed={(chosen ?? null) === null} onClick={() => form.set(field.name, null)}>
          {optionText(field.unset)}
        </button>
      )}
      {field.options.map((option) => (
        <button
          key={option}
          type="button"
          aria-pressed={option === chosen}
          onClick={() => form.set(field.name, field.nullable && option === chosen ? null : option)}
        >
          {optionText(option)}
        </button>
      ))}
    </div>
  );
}

export function ThingsControl({ field, form, label, described }: ControlProps<ThingsField>) {
  const things = useSettings().names[field.of].value;
  const { choose, none, noThings } = texts.value.form;
  if (!field.many) {
    const value = String(form.draft.value[field.name] ?? "");
    const invalid = field.name in form.problems.value;
    return (
      <select
        class="in"
        aria-labelledby={label}
        aria-describedby={described}
        aria-invalid={invalid}
        value={value}
        onChange={(event) => form.set(field.name, typed(event) || null)}
      >
        <option value="">{field.nullable ? none : choose}</option>
        {things.map((thing) => (
          <option key={thing.id} value={thing.id}>
            {thing.name}
          </option>
        ))}
      </select>
    );
  }
  if (things.length === 0) return <p class="mut">{noThings}</p>;
  return (
    <Ticks
      ids={things.map((thing) => [thing.id, thing.name])}
      name={field.name}
      form={form}
      label={label}
      described={described}
    />
  );
}

export function TicksControl({ field, form, label, described }: ControlProps<TicksField>) {
  const value = form.draft.value[field.name];
  const { all } = texts.value.form;
  const options = field.options.map((option) => [option, optionText(option)] as const);
  if (!field.all) return <Ticks ids={options} name={field.name} form={form} label={label} described={described} />;
  const isAll = value === field.all;
  return (
    <div class="stack">
      <label class="tick">
        <input type="checkbox" checked={isAll} onChange={() => form.set(field.name, isAll ? [] : field.all)} /> {all}
      </label>
      {!isAll && <Ticks ids={options} name={field.name} form={form} label={label} described={described} />}
    </div>
  );
}

interface TicksProps {
  ids: readonly (readonly [id: string, name: string])[];
  name: string;
  form: Form;
  label: string;
  described: string;
}

function Ticks({ ids, name, form, label, described }: TicksProps) {
  const value = form.draft.value[name];
  const chosen: readonly unknown[] = Array.isArray(value) ? value : [];
  const toggle = (id: string) =>
    form.set(name, chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  return (
    <div class="ticks" role="group" aria-labelledby={label} aria-describedby={described}>
      {ids.map(([id, text]) => (
        <label key={id} class="tick">
          <input type="checkbox" checked={chosen.includes(id)} onChange={() => toggle(id)} /> {text}
        </label>
      ))}
    </div>
  );
}

export function ZoneControl({ field, form, label, described }: ControlProps<PlainField>) {
  const value = String(form.draft.value[field.name] ?? "");
  const invalid = field.name in form.problems.value;
  return (
    <>
      <input
        class="in"
        list="time-zones"
        autocomplete="off"
        aria-labelledby={label}
        aria-describedby={described}
        aria-invalid={invalid}
        value={value}
        onInput={(event) => form.set(field.name, typed(event).trim())}
      />
      <datalist id="time-zones">
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
