import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";

/** The languages of the pages, by the code that `lang` and `Intl` take. */
export const LANGUAGES = { en: "English", de: "Deutsch", pt: "Português" } as const;

export type Language = keyof typeof LANGUAGES;

const CHOSEN = "geo-assign-language";
const LOCALES: Record<Language, string> = { en: "en-GB", de: "de-DE", pt: "pt-PT" };

const isLanguage = (code: string): code is Language => code in LANGUAGES;

/** The first of a browser's languages that the pages know; English when none is. */
export function preferredLanguage(codes: readonly string[]): Language {
  return codes.map((code) => code.slice(0, 2).toLowerCase()).find(isLanguage) ?? "en";
}

/** What was chosen on this computer; null before. */
export function chosenLanguage(): Language | null {
  const chosen = globalThis.localStorage?.getItem(CHOSEN) ?? "";
  return isLanguage(chosen) ? chosen : null;
}

const firstLanguage = () => chosenLanguage() ?? preferredLanguage(globalThis.navigator?.languages ?? []);

/** What is read now. Set it by `chooseLanguage`, which remembers it on this computer. */
export const language = signal<Language>(firstLanguage());

/** How dates and numbers are written: `en-GB`, `de-DE`, `pt-PT`. */
export const locale = computed(() => LOCALES[language.value]);

export function chooseLanguage(chosen: Language): void {
  globalThis.localStorage?.setItem(CHOSEN, chosen);
  language.value = chosen;
}

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/** The form that a language takes with a number: `plural("en", n, { one: "1 order", other: `${n} orders` })`. */
export function plural(code: Language, count: number, forms: Forms): string {
  return forms[new Intl.PluralRules(code).select(count)] ?? forms.other;
}

type Load<T> = () => Promise<{ texts: T }>;

/** By the texts that wait for it: what is loaded now. */
const coming = new Map<object, Promise<unknown>>();

/** Ends when the texts asked for so far are there, or cannot be had: a page that waits for it is drawn in one language. */
export async function textsLoaded(): Promise<void> {
  await Promise.all(coming.values());
}

/**
 * The texts of one entry of the build in the language chosen. English is there at once; another language is loaded when it is
 * chosen, and until it has come the texts stay as they were.
 */
export function textsOf<T>(english: T, others: Record<Exclude<Language, "en">, Load<T>>): ReadonlySignal<T> {
  const texts = signal(english);
  effect(() => {
    const wanted = language.value;
    if (wanted === "en") {
      coming.delete(texts);
      show(wanted, english);
      return;
    }
    const loading = others[wanted]().then(
      (loaded) => language.peek() === wanted && show(wanted, loaded.texts),
      (error: Error) => console.warn(error.message),
    );
    coming.set(texts, loading);
  });
  function show(code: Language, shown: T) {
    texts.value = shown;
    if (globalThis.document) document.documentElement.lang = code;
  }
  return texts;
}
