import { usePage } from "../frame/context";
import { texts } from "../texts/console";

/** What was just done, and for ten seconds the way back. */
export function Told() {
  const { giving, cut } = usePage().desk;
  const told = giving.told.value;
  if (!told) return null;
  return (
    <section class="undo-note card" aria-label={texts.value.panel.undo}>
      <span>{told.text}</span>
      {told.orderId !== null && (
        <button
          type="button"
          class="btn"
          disabled={!giving.canUndo.value || cut.value}
          onClick={() => void giving.undo()}
        >
          {texts.value.panel.undo} <kbd>U</kbd>
        </button>
      )}
    </section>
  );
}
