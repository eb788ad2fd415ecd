import { HOUR_MS, localDay, QUARTER_MS } from "../../model/dates";
import { localDate } from "../../model/zone";
import { texts } from "../../texts/console";
import { clockAt, MINUTE_MS } from "./axis";
import type { Place } from "./moving";
import type { Board, Question } from "./state";

interface Props {
  board: Board;
  question: Question;
  onPlace: (at: Place) => void;
}

const LONGEST_MS = 10 * HOUR_MS;

/** The same move without dragging: who, which day, from when, how long. */
export function Fields({ board, question: { at }, onPlace }: Props) {
  const words = texts.value.board;
  const zone = board.calendar.value?.timezone ?? "UTC";
  const date = localDate(at.startMs, zone);
  const day = localDay(date, zone);
  const length = at.endMs - at.startMs;
  const move = (startMs: number, lengthMs = length, rowId = at.rowId) =>
    onPlace({ rowId, startMs, endMs: startMs + lengthMs });
  const otherDay = (wanted: string) => {
    if (!wanted) return;
    const next = localDay(wanted, zone);
    move(Math.min(next.endMs - QUARTER_MS, next.startMs + (at.startMs - day.startMs)));
  };
  return (
    <div class="board-fields">
      <label>
        <span>{words.who}</span>
        <select value={at.rowId} onChange={(event) => move(at.startMs, length, event.currentTarget.value)}>
          {board.places().map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.on}</span>
        <input type="date" value={date} onChange={(event) => otherDay(event.currentTarget.value)} />
      </label>
      <label>
        <span>{words.from}</span>
        <select value={at.startMs} onChange={(event) => move(Number(event.currentTarget.value))}>
          {startsOf(day.startMs, day.endMs, at.startMs).map((ms) => (
            <option key={ms} value={ms}>
              {clockAt(ms, zone)}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.length}</span>
        <select value={length} onChange={(event) => move(at.startMs, Number(event.currentTarget.value))}>
          {lengthsOf(length).map((ms) => (
            <option key={ms} value={ms}>
              {words.lengthOf(Math.round(ms / MINUTE_MS))}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** The quarters of a day, and the time it has where that is none. */
function startsOf(from: number, to: number, own: number): number[] {
  const starts = new Set([own]);
  for (let ms = from; ms < to; ms += QUARTER_MS) starts.add(ms);
  return [...starts].sort((a, b) => a - b);
}

function lengthsOf(own: number): number[] {
  const lengths = new Set([own]);
  for (let ms = QUARTER_MS; ms <= LONGEST_MS; ms += ms < 4 * HOUR_MS ? QUARTER_MS : HOUR_MS) lengths.add(ms);
  return [...lengths].sort((a, b) => a - b);
}
