import type { ComponentChildren } from "preact";
import { usePage } from "../../frame/context";
import { setQuery } from "../../frame/router";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import type { Board } from "./state";
import { boardTitle, timesTitle } from "./titles";

interface Props {
  board: Board;
  onMove: (orderId: string) => void;
}

/** Which days, whose, and how much of them. */
export function Toolbar({ board, onMove }: Props) {
  const { desk, view } = usePage();
  const phone = view.phone.value;
  return (
    <div class="board-bar">
      <h1>{boardTitle(board)}</h1>
      <Days board={board} />
      {!phone && <Spans board={board} />}
      {!phone && <WholeDay board={board} />}
      <Groups board={board} />
      {phone && <span class="board-zone">{timesTitle(board, desk)}</span>}
      {!phone && <Chosen board={board} onMove={onMove} />}
      {!phone && <Key />}
      {!phone && (
        <button type="button" class="btn board-print" onClick={() => window.print()}>
          {texts.value.board.print}
        </button>
      )}
    </div>
  );
}

function Days({ board }: { board: Board }) {
  const words = texts.value.board;
  const week = board.span.value === "week";
  const go = (date: string) => setQuery({ day: date === board.today.peek() ? null : date });
  return (
    <div class="board-days">
      <button
        type="button"
        class="btn"
        aria-label={week ? words.previousWeek : words.previousDay}
        onClick={() => go(board.dayBy(-1))}
      >
        <Icon name="left" />
      </button>
      <button
        type="button"
        class="btn"
        onClick={() => go(board.today.peek())}
        aria-current={board.date.value === board.today.value ? "date" : undefined}
      >
        {words.today}
      </button>
      <button
        type="button"
        class="btn"
        aria-label={week ? words.nextWeek : words.nextDay}
        onClick={() => go(board.dayBy(1))}
      >
        <Icon name="right" />
      </button>
      <input
        type="date"
        aria-label={words.date}
        value={board.date.value}
        onChange={(event) => event.currentTarget.value && go(event.currentTarget.value)}
      />
    </div>
  );
}

function Spans({ board }: { board: Board }) {
  const words = texts.value.board;
  return (
    <div class="board-pick" role="group" aria-label={words.span}>
      {(["day", "week"] as const).map((span) => (
        <button
          key={span}
          type="button"
          aria-pressed={board.span.value === span}
          onClick={() => setQuery({ span: span === "week" ? span : null })}
        >
          {words[span]}
        </button>
      ))}
    </div>
  );
}

function WholeDay({ board }: { board: Board }) {
  const words = texts.value.board;
  const on = board.wholeDay.value;
  return (
    <div class="board-pick">
      <button
        type="button"
        aria-pressed={on}
        title={words.wholeDayHint}
        onClick={() => setQuery({ hours: on ? null : "all" })}
      >
        {words.wholeDay}
      </button>
    </div>
  );
}

function Groups({ board }: { board: Board }) {
  const { desk } = usePage();
  const words = texts.value.board;
  const stores = new Set(board.stores.value.map(({ id }) => id));
  const groups = desk.me.groups.filter(({ store_id: storeId }) => stores.has(storeId));
  if (groups.length === 0) return null;
  return (
    <select
      class="btn"
      aria-label={words.group}
      value={board.groupId.value}
      onChange={(event) => setQuery({ group: event.currentTarget.value || null })}
    >
      <option value="">{words.allGroups}</option>
      {groups.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** The way to move without dragging. */
function Chosen({ board, onMove }: Props) {
  const { desk, view } = usePage();
  const words = texts.value.board;
  const order = desk.selected.value;
  const bars = board.rows.value.flatMap(({ bars: each }) => each).filter(({ orderId }) => orderId === order?.id);
  if (!order || !bars.some(({ fixed }) => fixed === null)) return null;
  return (
    <button type="button" class="btn board-move" onClick={() => onMove(order.id)}>
      {words.moveOrder(order.number)}
      {view.letterKeys.value && <kbd aria-hidden="true">M</kbd>}
    </button>
  );
}

function Key() {
  const { view } = usePage();
  const words = texts.value.board;
  const entry = (name: string, text: ComponentChildren) => (
    <li>
      <i class={`bd-bar ${name}`} aria-hidden="true" />
      {text}
    </li>
  );
  return (
    <ul class="board-key" aria-label={words.legend}>
      {entry("lead soft", words.lead)}
      {entry("ticket soft", words.ticket)}
      {entry("lead hollow", words.waiting)}
      {entry("lead dashed", words.offered)}
      {entry("lead solid", words.underWay)}
      {view.letterKeys.value && (
        <li>
          <kbd>M</kbd>
          {words.moveHint}
        </li>
      )}
    </ul>
  );
}
