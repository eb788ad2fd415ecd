import { go } from "../../frame/router";
import { glyphShapes } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/console";
import { timeText } from "./calendar";
import { type Bar, isUnassigned, type Row } from "./rows";
import type { Board } from "./state";

interface Props {
  board: Board;
  onMove: (orderId: string) => void;
}

/** The board on a phone: each technician's day as a list. */
export function DayList({ board, onMove }: Props) {
  const rows = board.rows.value.filter((row) => !isUnassigned(row.id) || row.bars.length > 0);
  return (
    <div class="board-list">
      {rows.map((row) => (
        <Person key={row.id} board={board} row={row} onMove={onMove} />
      ))}
    </div>
  );
}

function Person({ board, row, onMove }: Props & { row: Row }) {
  const id = `row-${row.id}`;
  return (
    <section aria-labelledby={id}>
      <header class="board-person">
        {row.shapes && <Symbol shapes={[...row.shapes]} />}
        <h2 id={id}>{row.name}</h2>
        <p>
          {row.notes.map((note, index) => (
            <span key={note.text} class={`bd-${note.tone}`}>
              {index > 0 ? ` · ${note.text}` : note.text}
            </span>
          ))}
        </p>
      </header>
      {row.bars.length > 0 && (
        <ul>
          {[...row.bars]
            .sort((a, b) => a.startMs - b.startMs)
            .map((bar) => (
              <Item key={bar.key} board={board} bar={bar} onMove={onMove} />
            ))}
        </ul>
      )}
    </section>
  );
}

function Item({ board, bar, onMove }: Props & { bar: Bar }) {
  const words = texts.value.board;
  const zone = board.calendar.value?.timezone ?? "UTC";
  return (
    <li>
      <button type="button" class={`bd-item ${bar.kind} ${bar.fill}`} onClick={() => go("order", { wo: bar.orderId })}>
        <Symbol shapes={glyphShapes(bar.glyph)} />
        <span class="tabular" aria-hidden="true">
          {timeText(bar, zone)}
        </span>
        <b aria-hidden="true">{bar.title}</b>
        <small aria-hidden="true">{bar.fill === "soft" || bar.fill === "faded" ? "" : bar.detail}</small>
        <span class="sr">{bar.label}</span>
      </button>
      {bar.fixed === null && (
        <button
          type="button"
          class="btn"
          aria-label={`${words.move}: ${bar.label}`}
          onClick={() => onMove(bar.orderId)}
        >
          {words.move}
        </button>
      )}
    </li>
  );
}
