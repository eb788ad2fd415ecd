import { chooseLanguage, LANGUAGES, type Language, language } from "../texts/language";

interface LanguageChoiceProps {
  label: string;
  onChoose?: (chosen: Language) => void;
}

/** The language of the page; each is written in itself. */
export function LanguageChoice({ label, onChoose = chooseLanguage }: LanguageChoiceProps) {
  return (
    <label class="choice">
      {label}
      <select class="btn" value={language.value} onChange={(event) => onChoose(event.currentTarget.value as Language)}>
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
