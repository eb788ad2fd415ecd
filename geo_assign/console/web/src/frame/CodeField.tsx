import { useEffect, useRef } from "preact/hooks";

/** One code: offered by browsers and password managers that know it, and ready to be typed. */
export function CodeField() {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  return (
    <label>
      Code
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
