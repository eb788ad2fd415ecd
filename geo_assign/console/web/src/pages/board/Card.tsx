import { useLayoutEffect, useRef } from "preact/hooks";
import type { Store } from "../../api/types";
import { usePage } from "../../frame/context";
import { setQuery } from "../../frame/router";
import { dayTitle } from "../../model/dates";
import { firstName } from "../../model/words";
import { localDate } from "../../model/zone";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { clockAt } from "./axis";
import { timeText } from "./calendar";
import { asksForChoice, hasModes, type Line, linesOf } from "./deeds";
import { Fields } from "./Fields";
import { type Place, UNASSIGNED } from "./moving";
import { isUnassigned } from "./rows";
import type { Board, Question } from "./state";

interface Props {
  board: Board;
  onPlace: (at: Place) => void;
  onClose: () => void;
  onMount: (card: HTMLElement | null) => void;
}

/** What a move would mean, and its buttons: before them nothing is changed. */
export function Card({ board, onPlace, onClose, onMount }: Props) {
  const card = useRef<HTMLElement>(null);
  const question = board.question.value!;
  const words = texts.value.board;
  // Before it is painted: the next key is the card's, however fast it comes.
  useLayoutEffect(() => {
    onMount(card.current);
    if (question.held.by !== "fields") card.current?.focus({ preventScroll: true });
    else card.current?.querySelector("select")?.focus({ preventScroll: true });
    return () => onMount(null);
  }, [question.held]);
  const keyed = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      onClose();
    } else if (event.key === "Enter" && event.target === card.current) {
      event.preventDefault();
      card.current?.querySelector<HTMLButtonElement>(".pri:not(:disabled)")?.click();
    }
  };
  return (
    <section
      ref={card}
      class="board-card card"
      role="dialog"
      aria-label={words.preview}
      tabIndex={-1}
      onKeyDown={keyed}
    >
      <h2>{headingOf(board, question)}</h2>
      {question.held.by === "fields" && <Fields board={board} question={question} onPlace={onPlace} />}
      {question.order ? <Checks board={board} question={question} /> : null}
      {board.refusal.value && (
        <p class="board-refusal" role="alert">
          <Icon name="warn" />
          {board.refusal.value}
        </p>
      )}
      <div class="board-acts">
        {question.order && <Deeds board={board} question={question} onDone={onClose} />}
        {question.held.orderId === null && <NewHere board={board} question={question} onDone={onClose} />}
        <button type="button" class="btn quiet" onClick={onClose}>
          {words.cancel} <kbd aria-hidden="true">Esc</kbd>
        </button>
      </div>
    </section>
  );
}

/** `Joana, 15:30–16:30`; with the day where it is another. */
function headingOf(board: Board, { held, at }: Question): string {
  const zone = board.calendar.value?.timezone ?? "UTC";
  const row = board.places().find(({ id }) => id === at.rowId);
  const name = !row ? "" : isUnassigned(row.id) ? row.name : firstName(row.name);
  const [from, to] = [localDate(held.from.startMs, zone), localDate(at.startMs, zone)];
  const day = from === to && board.span.value === "day" ? "" : `${dayTitle(to)}, `;
  return `${name}, ${day}${timeText(at, zone)}`;
}

function Checks({ board, question }: { board: Board; question: Question }) {
  const { desk } = usePage();
  const words = texts.value.board;
  const { deed, order, held, at } = question;
  const choice = board.choice.value;
  const zone = board.calendar.value?.timezone ?? "UTC";
  const checking = asksForChoice(deed) && choice === null && board.refusal.value === null;
  const lines = linesOf({ deed, order: order!, from: held.from, at, choice, nowMs: desk.now.peek(), zone });
  return (
    <ul class="board-lines" aria-live="polite" aria-busy={checking}>
      {checking && <li class="muted">{words.checking}</li>}
      {lines.map((line) => (
        <Told key={line.text} line={line} onOpen={(id) => desk.select(id)} />
      ))}
    </ul>
  );
}

function Told({ line: { tone, text, opens }, onOpen }: { line: Line; onOpen: (orderId: string) => void }) {
  return (
    <li data-tone={tone}>
      <Icon name={tone === "ok" ? "check" : "warn"} />
      <span>
        {text}
        {opens && (
          <>
            {" "}
            <button type="button" class="link" onClick={() => onOpen(opens.orderId)}>
              {texts.value.board.openConflict(opens.number)}
            </button>
          </>
        )}
      </span>
    </li>
  );
}

function Deeds({ board, question, onDone }: { board: Board; question: Question; onDone: () => void }) {
  const words = texts.value.board;
  const { deed } = question;
  const choice = board.choice.value;
  const sending = board.sending.value;
  const held = sending !== null || usePage().desk.cut.value;
  const known = !asksForChoice(deed) || choice !== null;
  const may = { assign: choice?.may_assign ?? !asksForChoice(deed), offer: choice?.may_offer ?? false };
  const act = async (mode: "offer" | "assign") => {
    if (await board.answer(mode)) onDone();
  };
  if (!hasModes(deed)) {
    const label = deed === "unassign" ? [words.takeBack, words.takingBack] : [words.moveIt, words.moving];
    return (
      <button
        type="button"
        class="btn pri"
        disabled={deed === "none" || !known || !may.assign || held}
        onClick={() => void act("assign")}
      >
        {sending ? label[1] : label[0]} <kbd aria-hidden="true">Enter</kbd>
      </button>
    );
  }
  const first = known && !may.offer && may.assign ? "assign" : "offer";
  const order = first === "offer" ? (["offer", "assign"] as const) : (["assign", "offer"] as const);
  const labels = { offer: [words.offer, words.offering], assign: [words.assign, words.assigning] };
  return (
    <>
      {order.map((mode) => (
        <button
          key={mode}
          type="button"
          class={`btn ${mode === first ? "pri" : ""}`}
          disabled={!known || !may[mode] || held}
          onClick={() => void act(mode)}
        >
          {labels[mode][sending === mode ? 1 : 0]}
          {mode === first && <kbd aria-hidden="true">Enter</kbd>}
        </button>
      ))}
    </>
  );
}

/** An empty place was pointed at: a new lead or ticket for that time and technician. */
function NewHere({ board, question, onDone }: { board: Board; question: Question; onDone: () => void }) {
  const { desk } = usePage();
  const words = texts.value.board;
  const open = (kind: "lead" | "ticket") => {
    const { at } = question;
    onDone();
    setQuery({ new: kind, ...placeForNew(at, board, desk.me.stores) });
  };
  return (
    <>
      <button type="button" class="btn pri" onClick={() => open("lead")}>
        {words.newLead} <kbd aria-hidden="true">Enter</kbd>
      </button>
      <button type="button" class="btn" onClick={() => open("ticket")}>
        {words.newTicket}
      </button>
    </>
  );
}

/** A place on the board as the New panel takes it: wall times of the store. */
function placeForNew({ rowId, startMs, endMs }: Place, board: Board, stores: readonly Store[]) {
  const row = board.calendar.peek()?.items.find(({ id }) => id === rowId);
  const store =
    stores.find(({ id }) => id === (row?.store_id ?? rowId.slice(UNASSIGNED.length + 1))) ?? board.stores.peek()[0];
  const wall = (ms: number) =>
    store ? `${localDate(ms, store.timezone)}T${clockAt(ms, store.timezone).slice(0, 5)}` : null;
  return {
    new_start: wall(startMs),
    new_end: wall(endMs),
    new_technician: row?.id ?? null,
    new_store: store?.id ?? null,
  };
}
