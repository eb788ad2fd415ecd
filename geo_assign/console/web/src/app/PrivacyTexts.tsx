import { texts } from "../texts/app";
import { useApp } from "./context";

const LAST = "retention";

/** Who sees what, and when. Sentences that the app does not know yet are shown as the service says them. */
export function PrivacyTexts() {
  const { day } = useApp();
  const { privacy } = texts.value;
  const told = day.facts.value?.privacy ?? [];
  const days = day.facts.value?.positions.kept_days ?? 30;
  const known = told.length > 0 ? told : Object.entries(privacy.texts).map(([code, text]) => ({ code, text }));
  return (
    <ul class="plain">
      {known.map(({ code, text }) => (
        <li key={code}>{code === LAST ? privacy.retention(days) : (privacy.texts[code] ?? text)}</li>
      ))}
      <li>{privacy.browser}</li>
      <li>{privacy.trackers}</li>
    </ul>
  );
}
