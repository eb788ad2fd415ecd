import { useEffect, useRef } from "preact/hooks";
import { texts } from "../texts/accounts";

/** One code: offered by browsers and password managers that know it, and ready to be typed. */
export function CodeField() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <label>
      {texts.value.code}
      <input
        ref={field}
        class="code tabular"
        name="code"
        required
        autocomplete="one-time-code"
        autocapitalize="none"
        spellcheck={false}
        maxLength={40}
      />
    </label>
  );
}
