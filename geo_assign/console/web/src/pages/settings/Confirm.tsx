import { useState } from "preact/hooks";
import { texts } from "../../texts/settings";

interface ConfirmProps {
  /** The button that asks. */
  label: string;
  /** What will be lost. */
  means: string;
  onSure: () => void;
}

/** A button whose act destroys something: it asks once more, in its place. */
export function Confirm({ label, means, onSure }: ConfirmProps) {
  const [asking, setAsking] = useState(false);
  const { keep } = texts.value.confirm;
  if (!asking) {
    return (
      <button type="button" class="btn" onClick={() => setAsking(true)}>
        {label}
      </button>
    );
  }
  const sure = () => {
    setAsking(false);
    onSure();
  };
  return (
    <span class="confirm" role="group" aria-label={label}>
      <span>{means}</span>
      <button type="button" class="btn danger" onClick={sure}>
        {label}
      </button>
      <button type="button" class="btn" autofocus onClick={() => setAsking(false)}>
        {keep}
      </button>
    </span>
  );
}
