import { english } from "./en/settings";
import { textsOf } from "./language";

/** The words of the settings and of the guide in all languages have these keys. */
export type SettingsTexts = typeof english;
export type FieldText = keyof SettingsTexts["fields"];
export type OptionText = keyof SettingsTexts["options"];
export type SectionText = keyof SettingsTexts["sections"];

/** They are loaded with the page: no other page needs them. */
export const texts = textsOf<SettingsTexts>(english, {
  de: () => import("./de/settings"),
  pt: () => import("./pt/settings"),
});
