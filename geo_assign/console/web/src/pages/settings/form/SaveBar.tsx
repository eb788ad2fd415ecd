import { useLayoutEffect } from "preact/hooks";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import { useTried } from "../useTried";
import type { Form, Kept } from "./form";

interface SaveBarProps {
  form: Form;
  onSave: () => void;
  /** Reads what is kept now: what another user saved meanwhile. */
  onRead: () => Promise<Kept>;
  /** What saving means, beside the number of changes. */
  means?: string;
}

/** How much is changed and not saved, with the two ways to go on. Ctrl+S saves, Esc discards. */
export function SaveBar({ form, onSave, onRead, means }: SaveBarProps) {
  const { changes, notSaved, save, saving, saved, discard, refused } = texts.value.form;
  const isDirty = form.dirty.value;
  useFormKeys(form, onSave);
  const count = new Set([...form.changed.value, ...Object.keys(form.unread.value)]).size;
  const wrong = Object.keys(form.problems.value).length;
  return (
    <div class={isDirty ? "save" : "save rest"}>
      <ConflictBar form={form} onRead={onRead} />
      <Failure form={form} />
      <span role="status">
        {isDirty ? (
          <>
            <Icon name="clock" />
            <b>{changes(count)}</b> {notSaved} {wrong > 0 ? refused(wrong) : means}
          </>
        ) : (
          form.savedAt.value !== null && (
            <>
              <Icon name="check" />
              {saved}
            </>
          )
        )}
      </span>
      {isDirty && (
        <>
          <button type="button" class="btn quiet" onClick={() => form.discard()}>
            {discard} <kbd>Esc</kbd>
          </button>
          <button type="button" class="btn pri" disabled={form.saving.value} onClick={onSave}>
            {form.saving.value ? saving : save} <kbd>Ctrl S</kbd>
          </button>
        </>
      )}
    </div>
  );
}

export function Failure({ form }: { form: Form }) {
  const failure = form.failure.value;
  if (!failure) return null;
  return (
    <p class="bad line" role="alert">
      <Icon name="warn" />
      {failure.message}
    </p>
  );
}

function ConflictBar({ form, onRead }: Pick<SaveBarProps, "form" | "onRead">) {
  const tried = useTried();
  const { conflict: told, takeOver, takeOverMeans } = texts.value.form;
  const conflict = form.conflict.value;
  if (!conflict) return null;
  return (
    <p class="bad line" role="alert">
      <Icon name="warn" />
      {told(conflict.by)}
      <button
        type="button"
        class="btn"
        title={takeOverMeans}
        onClick={() => void tried.run(async () => form.refresh(await onRead()))}
      >
        {takeOver}
      </button>
      {tried.problem?.message}
    </p>
  );
}

function useFormKeys(form: Form, onSave: () => void): void {
  // With what is drawn, so that a key pressed at once is not lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (!form.dirty.peek()) return;
      if ((event.ctrlKey || event.metaKey) && event.key === "s") {
        event.preventDefault();
        onSave();
      }
      if (event.key === "Escape" && !event.defaultPrevented && !isEntering(event.target)) form.discard();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [form, onSave]);
}

/** Esc in a list that is open, or in a box with text, means that first: it leaves the control. */
function isEntering(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || !["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)) return false;
  target.blur();
  return true;
}
