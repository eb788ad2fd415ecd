import { usePage } from "../../frame/context";
import { Icon } from "../../symbols/Icon";
import { usePending, words } from "./context";

/** What can be done with the ticked orders. */
export function BulkBar() {
  const state = usePending();
  const texts = words();
  const count = state.chosen.value.length;
  if (count === 0) return null;
  const pane = state.pane.value;
  // With the preview open its own button is the filled one.
  const filled = pane === null ? "btn pri" : "btn";
  return (
    <div class="bulk card" role="toolbar" aria-label={texts.selected(count)}>
      <b>{texts.selected(count)}</b>
      <button
        type="button"
        class={filled}
        aria-expanded={pane === "optimise"}
        onClick={() => state.openPane("optimise")}
      >
        <Icon name="route" />
        {texts.optimise(count)} <Key name="O" />
      </button>
      <button type="button" class="btn" aria-expanded={pane === "assign"} onClick={() => state.openPane("assign")}>
        {texts.assign} <Key name="A" />
      </button>
      <button type="button" class="btn" aria-expanded={pane === "transfer"} onClick={() => state.openPane("transfer")}>
        {texts.transfer} <Key name="T" />
      </button>
      <button type="button" class="icon-button" aria-label={texts.clear} onClick={() => state.tickAll(false)}>
        <Icon name="close" />
      </button>
    </div>
  );
}

/** A key beside the name of what it does. */
export function Key({ name }: { name: string }) {
  const { view } = usePage();
  return view.letterKeys.value && !view.phone.value ? <kbd aria-hidden="true">{name}</kbd> : null;
}
