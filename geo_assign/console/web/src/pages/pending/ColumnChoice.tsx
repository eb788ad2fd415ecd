import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../symbols/Icon";
import { usePending, words } from "./context";
import { COLUMNS, type ColumnId, DEFAULTS, movedColumn, placedColumn, toggledColumn } from "./model";
import { setWidth } from "./Table";

/** Which columns, in which order and how wide; the sort; and keeping all that in the view. */
export function ColumnChoice({ onClose }: { onClose: () => void }) {
  const state = usePending();
  const texts = words();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector<HTMLElement>("input")?.focus();
    const pressed = (event: PointerEvent) => {
      const target = event.target as Element;
      if (!box.current?.contains(target) && !target.closest(".foot")) onClose();
    };
    document.addEventListener("pointerdown", pressed);
    return () => document.removeEventListener("pointerdown", pressed);
  }, []);
  const { columns, sort } = state.settings.value;
  const view = state.view.value;
  return (
    <div
      ref={box}
      class="pop card"
      role="dialog"
      aria-label={texts.columns}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        event.preventDefault();
        onClose();
      }}
    >
      <header>
        <h2>{texts.columns}</h2>
        <span class="muted">{texts.columnsOf(columns.length, COLUMNS.length)}</span>
        <button
          type="button"
          class="lnk"
          onClick={() => state.change({ columns: DEFAULTS.columns, sort: DEFAULTS.sort })}
        >
          {texts.reset}
        </button>
      </header>
      <ColumnList />
      <div class="sortby">
        <label>
          {texts.sortBy}
          <select
            class="btn"
            value={sort.column}
            onChange={(event) => state.change({ sort: { ...sort, column: event.currentTarget.value as ColumnId } })}
          >
            {COLUMNS.map(({ id }) => (
              <option key={id} value={id}>
                {texts.column[id]}
              </option>
            ))}
          </select>
        </label>
        <span class="pick">
          {[false, true].map((latest) => (
            <button
              key={String(latest)}
              type="button"
              aria-pressed={sort.latest === latest}
              onClick={() => state.change({ sort: { ...sort, latest } })}
            >
              {latest ? texts.latest : texts.soonest}
            </button>
          ))}
        </span>
      </div>
      <footer>
        <span>{texts.reorder}</span>
        {view?.may_change && (
          <>
            <button type="button" class="btn" onClick={() => void state.deleteView(view)}>
              {texts.remove}
            </button>
            <button type="button" class="btn" onClick={() => void state.updateView(view)}>
              {texts.saveHere}
            </button>
          </>
        )}
      </footer>
    </div>
  );
}

/** Those shown in their order, then the others. */
function ColumnList() {
  const state = usePending();
  const texts = words();
  const { columns } = state.settings.value;
  const dragged = useSignal<ColumnId | null>(null);
  const hidden = COLUMNS.filter(({ id }) => !columns.some((column) => column.id === id));
  const move = (id: ColumnId, step: 1 | -1) => state.change({ columns: movedColumn(columns, id, step) });
  return (
    <ul class="cols">
      {[...columns, ...hidden].map(({ id, width }, index) => {
        const shown = index < columns.length;
        return (
          <li
            key={id}
            draggable={shown}
            onDragStart={() => {
              dragged.value = id;
            }}
            onDragOver={(event) => {
              if (shown) event.preventDefault();
            }}
            onDrop={() => {
              if (dragged.value) state.change({ columns: placedColumn(columns, dragged.value, index) });
            }}
            onKeyDown={(event) => {
              const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
              if (!event.altKey || step === 0 || !shown) return;
              event.preventDefault();
              move(id, step);
            }}
          >
            <Icon name="grip" />
            <label>
              <input
                type="checkbox"
                checked={shown}
                onChange={() => state.change({ columns: toggledColumn(columns, id) })}
              />
              {texts.column[id]}
            </label>
            {shown && (
              <>
                <button
                  type="button"
                  class="icon-button"
                  aria-label={texts.moveUp(texts.column[id])}
                  disabled={index === 0}
                  onClick={() => move(id, -1)}
                >
                  <Icon name="up" />
                </button>
                <input
                  type="number"
                  class="width"
                  min={30}
                  max={600}
                  step={4}
                  value={width}
                  aria-label={texts.width(texts.column[id])}
                  onChange={(event) => setWidth(state, id, event.currentTarget.valueAsNumber || width)}
                />
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
