/** The languages of the widget, and which one a visitor reads. */
import { de } from "./de";
import { en, type Texts } from "./en";
import { pt } from "./pt";

export type { Texts };

const LANGUAGES: Record<string, Texts> = { en, de, pt };

/** The first wish that is spoken here, by its first part (`de-AT` is `de`); else English. */
export function chooseLanguage(wishes: readonly (string | null | undefined)[]): string {
  for (const wish of wishes) {
    const language = wish?.trim().toLowerCase().split(/[-_]/)[0] ?? "";
    if (Object.hasOwn(LANGUAGES, language)) return language;
  }
  return "en";
}

export function textsOf(language: string): Texts {
  return LANGUAGES[language] ?? en;
}
