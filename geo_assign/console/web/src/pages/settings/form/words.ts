/** What is kept, in a few words: for "was …" beside a changed field. */
import { locale } from "../../../texts/language";
import { type OptionText, type SettingsTexts, texts } from "../../../texts/settings";
import type { NamedThing } from "../state";
import type { Field, Named } from "./fields";
import { writeNumber, writePoint } from "./values";
import { hoursIn, readWeek } from "./week";

export function optionText(option: string): string {
  const { options } = texts.value;
  return option in options ? options[option as OptionText] : option;
}

type NamesOf = (of: Named) => readonly NamedThing[];

/** The value of a field as a person reads it. */
export function wordsOf(field: Field, value: unknown, names: NamesOf, said: SettingsTexts = texts.value): string {
  const { notSet, none, on, off, all } = said.form;
  if (field.kind === "choice" && field.unset && (value ?? null) === null) return optionText(field.unset);
  if (value === null || value === undefined || value === "") return notSet;
  switch (field.kind) {
    case "switch":
      return value === true ? on : off;
    case "choice":
      return optionText(String(value));
    case "number":
      return `${writeNumber(value, field.scale)} ${said.fields[field.text].unit}`.trim();
    case "numbers":
      return listed(value, (each) => writeNumber(each, field.scale)) || none;
    case "things":
      return (
        listed(field.many ? value : [value], (id) => names(field.of).find((thing) => thing.id === id)?.name ?? "?") ||
        none
      );
    case "ticks":
      return value === field.all ? all : listed(value, (each) => optionText(String(each))) || none;
    case "words":
      return listed(value, String) || none;
    case "point":
      return writePoint(value);
    case "week":
      return weekWords(value, said);
    case "instant":
      return new Date(String(value)).toLocaleString(locale.value, { dateStyle: "medium", timeStyle: "short" });
    default:
      return field.kind === "text" && field.input === "password" ? "…" : String(value);
  }
}

function listed(value: unknown, word: (each: unknown) => string): string {
  return Array.isArray(value) ? value.map(word).join(", ") : "";
}

function weekWords(value: unknown, said: SettingsTexts): string {
  const week = readWeek(value);
  return week === null ? said.week.always : said.week.sum(writeNumber(hoursIn(week)));
}
