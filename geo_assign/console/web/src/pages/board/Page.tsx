import "../../styles/panel.css";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { usePage } from "../../frame/context";
import { hrefOf, setQuery } from "../../frame/router";
import { Panel } from "../../panel/Panel";
import { mayOpenSettings } from "../../panel/rights";
import { Told } from "../../panel/Told";
import { focusOf } from "../../state/keys";
import { texts } from "../../texts/console";
import { Card } from "./Card";
import { DayList } from "./DayList";
import type { Place } from "./moving";
import { Surface } from "./Surface";
import { Board } from "./state";
import "./style.css";
import type { Timeline } from "./Timeline";
import { Toast } from "./Toast";
import { Toolbar } from "./Toolbar";

/** The calendar of leads and tickets: technicians in rows, time from left to right; on a phone a list of the day. */
export default function BoardPage() {
  const { client, desk, view } = usePage();
  const board = useMemo(() => new Board(desk, client), [desk, client]);
  useEffect(() => board.start(), [board]);
  const timeline = useRef<Timeline | null>(null);
  const [card, setCard] = useState<HTMLElement | null>(null);
  useBoardKeys(board);
  const phone = view.phone.value;
  const order = desk.selected.value;
  const question = board.question.value;
  const putDown = () => {
    board.dismiss();
    timeline.current?.putDown();
  };
  return (
    <main class="board" data-phone={phone || undefined}>
      <Toolbar board={board} onMove={(orderId) => moveByFields(board, timeline.current, orderId)} />
      <State board={board} />
      {phone && <DayList board={board} onMove={(orderId) => moveByFields(board, null, orderId)} />}
      {!phone && <Surface board={board} timeline={timeline} avoid={card} />}
      {order && !phone && (
        <div class="board-panel">
          <Panel key={order.id} order={order} />
        </div>
      )}
      {question && (
        <Card
          board={board}
          onPlace={(at) => placeAt(board, timeline.current, at)}
          onClose={putDown}
          onMount={setCard}
        />
      )}
      <Toast board={board} />
      <Told />
    </main>
  );
}

/** What stands in the way of a board, with a way out. */
function State({ board }: { board: Board }) {
  const words = texts.value.board;
  const { desk } = usePage();
  const calendar = board.calendar.value;
  if (board.problem.value) {
    return (
      <div class="board-note" role="alert">
        <p>{`${words.failed} ${board.problem.value}`}</p>
        <button type="button" class="btn" onClick={() => void board.read()}>
          {words.again}
        </button>
      </div>
    );
  }
  if (!calendar) {
    return (
      <p class="board-note" role="status">
        {words.loading}
      </p>
    );
  }
  if (desk.live.value === "reconnecting") {
    return (
      <p class="board-note" role="status">
        {words.stale}
      </p>
    );
  }
  if (calendar.items.length > 0) return null;
  return (
    <div class="board-note" role="status">
      <p>{`${words.empty} ${words.emptyHint}`}</p>
      {mayOpenSettings(desk.me) && (
        <a class="btn" href={hrefOf("settings", { section: "technicians" })}>
          {words.toSettings}
        </a>
      )}
    </div>
  );
}

/** The way without dragging: the card asks where to. */
function moveByFields(board: Board, timeline: Timeline | null, orderId: string) {
  const bar = board.rows
    .peek()
    .flatMap(({ bars }) => bars)
    .find((each) => each.orderId === orderId && each.fixed === null);
  if (!bar) return;
  if (timeline) {
    timeline.takeUp(bar, "fields");
    return;
  }
  const { rowId, startMs, endMs } = bar;
  const from = { rowId, startMs, endMs };
  board.ask({ orderId, grip: "move", by: "fields", from }, from);
}

function placeAt(board: Board, timeline: Timeline | null, at: Place) {
  const question = board.question.peek();
  if (!question) return;
  if (timeline) timeline.placeAt(at);
  else board.ask(question.held, at);
}

function useBoardKeys(board: Board) {
  const { desk, view } = usePage();
  // With what is drawn, so that a key pressed at once is not lost.
  useLayoutEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented && desk.selectedId.peek() && !board.question.peek()) {
        event.preventDefault();
        if (!desk.question.leaveInner()) desk.select(null);
        return;
      }
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (event.defaultPrevented || modified || !view.letterKeys.value || focusOf(event.target) === "field") return;
      if (event.key.toLowerCase() === "u" && board.done.peek()) {
        event.preventDefault();
        void board.undo();
      } else if (event.key.toLowerCase() === "t" && desk.selectedId.peek() === null) {
        event.preventDefault();
        setQuery({ day: null });
      }
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, [board, desk, view]);
}
