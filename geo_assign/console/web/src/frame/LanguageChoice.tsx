import { chooseLanguage, LANGUAGES, type Language, language } from "../texts/language";

/** The language of the page; each is written in itself. */
export function LanguageChoice({ label }: { label: string }) {
  return (
    <label class="choice">
      {label}
      <select
        class="btn"
        value={language.value}
        onChange={(event) => chooseLanguage(event.currentTarget.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
