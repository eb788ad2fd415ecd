import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "../../frame/context";
import { setQuery } from "../../frame/router";
import { Icon } from "../../symbols/Icon";
import { usePending, words } from "./context";
import { type Column, type ColumnId, clampWidth, DEFAULTS, visibleRows } from "./model";
import { TableRow } from "./TableRow";

const ROW_PX = 40;
const CARD_PX = 62;
const TICK_PX = 42;

/** The rows. Only those in view are in the document, so that five thousand scroll as twelve do. */
export function Table() {
  const state = usePending();
  const { desk, view } = usePage();
  const box = useRef<HTMLElement>(null);
  const place = useSignal({ top: 0, height: 900 });
  const { columns, sort } = state.settings.value;
  const rowPx = view.phone.value ? CARD_PX : ROW_PX;
  const rows = state.rows.value;
  const shown = useComputed(() => visibleRows(place.value.top, place.value.height, rowPx, state.rows.value.length));
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const measure = () => {
      place.value = { top: element.scrollTop, height: element.clientHeight };
    };
    const watched = new ResizeObserver(measure);
    watched.observe(element);
    element.addEventListener("scroll", measure, { passive: true });
    return () => {
      watched.disconnect();
      element.removeEventListener("scroll", measure);
    };
  }, [place]);
  useCursorInView(box, rowPx);
  const { from, to } = shown.value;
  const texts = words();
  if (rows.length === 0) return <Nothing />;
  return (
    <section class="tbl" ref={box} aria-label={texts.label}>
      <table aria-rowcount={rows.length + 1} aria-label={texts.sorted(texts.column[sort.column], sort.latest)}>
        <colgroup>
          <col style={{ width: `${TICK_PX}px` }} />
          {columns.map(({ id, width }) => (
            <col key={id} style={{ width: `${width}px` }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            <th scope="col" class="c-cb">
              <TickAll />
            </th>
            {columns.map((column) => (
              <Heading key={column.id} column={column} />
            ))}
          </tr>
        </thead>
        <tbody>
          {from > 0 && (
            <tr class="gap" aria-hidden="true">
              <td colSpan={columns.length + 1} style={{ height: `${from * rowPx}px` }} />
            </tr>
          )}
          {rows.slice(from, to).map((row, index) => (
            <TableRow
              key={row.order.id}
              row={row}
              index={from + index}
              columns={columns}
              zone={desk.zoneOf(row.order)}
            />
          ))}
          {to < rows.length && (
            <tr class="gap" aria-hidden="true">
              <td colSpan={columns.length + 1} style={{ height: `${(rows.length - to) * rowPx}px` }} />
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

/** Keep the row that the keys are on in view. */
function useCursorInView(box: { current: HTMLElement | null }, rowPx: number) {
  const state = usePending();
  const cursor = state.cursor.value;
  useEffect(() => {
    const element = box.current;
    const at = state.rows.peek().findIndex(({ order }) => order.id === cursor);
    if (!element || at < 0) return;
    const head = element.querySelector("thead")?.clientHeight ?? 0;
    const top = at * rowPx;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowPx + head > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowPx + head - element.clientHeight;
  }, [cursor, rowPx]);
}

function Nothing() {
  const state = usePending();
  const { desk } = usePage();
  const texts = words();
  if (!desk.loaded.value)
    return (
      <p class="empty tbl" role="status">
        {desk.problem.value === null ? texts.loading : texts.unread}
      </p>
    );
  if (state.counts.value.all === 0)
    return (
      <div class="empty tbl" role="status">
        <p>{texts.nothing}</p>
        {desk.me.stores.length > 0 && (
          <button type="button" class="btn" onClick={() => setQuery({ new: "lead" })}>
            {texts.create}
          </button>
        )}
      </div>
    );
  return (
    <div class="empty tbl" role="status">
      <p>{texts.noMatch}</p>
      <button
        type="button"
        class="btn"
        onClick={() => {
          state.openView(null);
        }}
      >
        {texts.clearFilters}
      </button>
    </div>
  );
}

function TickAll() {
  const state = usePending();
  const rows = state.rows.value.filter(({ farewell }) => !farewell);
  const ticked = rows.filter(({ order }) => state.ticked.value.has(order.id)).length;
  const all = ticked > 0 && ticked === rows.length;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current) input.current.indeterminate = ticked > 0 && !all;
  }, [ticked, all]);
  return (
    <input
      ref={input}
      type="checkbox"
      class="cb"
      checked={all}
      aria-label={words().selectAll(rows.length)}
      onChange={(event) => state.tickAll(event.currentTarget.checked)}
    />
  );
}

/** A heading sorts, and its right edge widens the column. */
function Heading({ column }: { column: Column }) {
  const state = usePending();
  const texts = words();
  const { sort } = state.settings.value;
  const sorted = sort.column === column.id;
  const name = texts.column[column.id];
  const turn = () => state.change({ sort: { column: column.id, latest: sorted && !sort.latest } });
  return (
    <th scope="col" class={`c-${column.id}`} aria-sort={sorted ? (sort.latest ? "descending" : "ascending") : "none"}>
      <button type="button" class={sorted ? "sorted" : ""} title={name} onClick={turn}>
        {column.id === "state" ? <span class="sr">{name}</span> : name}
        {sorted && <Icon name={sort.latest ? "down" : "up"} />}
      </button>
      <Grip column={column} />
    </th>
  );
}

function Grip({ column }: { column: Column }) {
  const state = usePending();
  const drag = useRef<{ x: number; width: number } | null>(null);
  return (
    <span
      class="grip"
      aria-hidden="true"
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { x: event.clientX, width: column.width };
      }}
      onPointerMove={(event) => {
        if (drag.current) setWidth(state, column.id, drag.current.width + event.clientX - drag.current.x);
      }}
      onPointerUp={() => {
        drag.current = null;
      }}
      onDblClick={() =>
        setWidth(state, column.id, DEFAULTS.columns.find(({ id }) => id === column.id)?.width ?? column.width)
      }
    />
  );
}

/** Give a column a width. */
export function setWidth(state: ReturnType<typeof usePending>, id: ColumnId, width: number): void {
  const columns = state.settings
    .peek()
    .columns.map((column) => (column.id === id ? { ...column, width: clampWidth(width) } : column));
  state.change({ columns });
}
