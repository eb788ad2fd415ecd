/**
 * Forms as data: what each field is called in the API, what kind of control it has, and when it is shown.
 * A field's words stand under its `text` in the texts of the settings.
 */
import type { FieldText, OptionText } from "../../../texts/settings";

/** What a form holds: the members of a body of the API. */
export type Draft = Readonly<Record<string, unknown>>;

/** Kinds of things that a field may name by their ids. */
export type Named = "stores" | "groups" | "providers";

interface Common {
  readonly name: string;
  readonly text: FieldText;
  /** Whether an empty control means null, which is "not set". */
  readonly nullable?: boolean;
  readonly required?: boolean;
  /** Whether it is shown beside what is chosen elsewhere in the form. */
  readonly when?: (draft: Draft) => boolean;
}

export interface TextField extends Common {
  readonly kind: "text";
  readonly input?: "email" | "url" | "tel" | "password";
  readonly lines?: boolean;
}

export interface NumberField extends Common {
  readonly kind: "number";
  /** How many of the API's units one of the control's is: 1000 for kilometres of metres. */
  readonly scale?: number;
  readonly min?: number;
  readonly max?: number;
  readonly step?: number;
  readonly whole?: boolean;
}

export interface SwitchField extends Common {
  readonly kind: "switch";
}

/** One of a few, all of them seen at once. */
export interface ChoiceField extends Common {
  readonly kind: "choice";
  readonly options: readonly string[];
  /** What is chosen while none of them is: shown before them, it stands for null. */
  readonly unset?: OptionText;
}

/** One or some of the organization's things. */
export interface ThingsField extends Common {
  readonly kind: "things";
  readonly of: Named;
  readonly many: boolean;
}

/** Some of a few, each with a tick box. */
export interface TicksField extends Common {
  readonly kind: "ticks";
  readonly options: readonly string[];
  /** The value that stands for all of them, instead of a list. */
  readonly all?: string;
}

/** Short words, divided by commas or blanks. */
export interface WordsField extends Common {
  readonly kind: "words";
}

export interface NumbersField extends Common {
  readonly kind: "numbers";
  readonly scale?: number;
}

export interface PlainField extends Common {
  readonly kind: "point" | "week" | "instant" | "zone";
}

export type Field =
  | TextField
  | NumberField
  | SwitchField
  | ChoiceField
  | ThingsField
  | TicksField
  | WordsField
  | NumbersField
  | PlainField;

/** Fields of a body of the API: a name that the body has not is an error of the compiler. */
export function fieldsOf<Body>(...fields: readonly (Field & { name: keyof Body & string })[]): readonly Field[] {
  return fields;
}

/** The fields that are shown for what is chosen. */
export function shownFields(fields: readonly Field[], draft: Draft): readonly Field[] {
  return fields.filter((field) => field.when?.(draft) ?? true);
}
