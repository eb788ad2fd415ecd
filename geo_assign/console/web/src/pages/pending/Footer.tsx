import { useSignal } from "@preact/signals";
import { usePage } from "../../frame/context";
import { Icon } from "../../symbols/Icon";
import { Strong } from "../../ui/Strong";
import { Key } from "./BulkBar";
import { ColumnChoice } from "./ColumnChoice";
import { usePending, words } from "./context";
import { csvOf } from "./csv";

/** How many rows, the keys, the export and the columns. */
export function Footer() {
  const state = usePending();
  const { view, desk } = usePage();
  const texts = words();
  const open = useSignal(false);
  const rows = state.rows.value.filter(({ farewell }) => !farewell);
  const download = () => {
    const csv = csvOf(rows, state.settings.value.columns, texts, {
      nowMs: desk.now.peek(),
      desk,
      groupName: (id) => state.groupName(id),
    });
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv" }));
    link.download = "pending.csv";
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <footer class="foot">
      <span class="rows">{desk.loaded.value && <Strong text={texts.rows(rows.length, state.counts.value.all)} />}</span>
      {view.letterKeys.value && !view.phone.value && (
        <span class="hints">
          <Key name="X" /> {texts.keys.tick} <Key name="J" />
          <Key name="K" /> {texts.keys.move} <Key name="Enter" /> {texts.keys.open}
        </span>
      )}
      <span class="sp" />
      <button type="button" class="btn" disabled={rows.length === 0} onClick={download}>
        {texts.exportCsv}
      </button>
      <button
        type="button"
        class="btn"
        aria-expanded={open.value}
        aria-haspopup="dialog"
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="columns" />
        {texts.columns}
      </button>
      {open.value && (
        <ColumnChoice
          onClose={() => {
            open.value = false;
          }}
        />
      )}
    </footer>
  );
}
