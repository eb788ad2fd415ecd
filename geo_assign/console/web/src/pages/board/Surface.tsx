import { useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { type Page, usePage } from "../../frame/context";
import { go, setQuery } from "../../frame/router";
import { dayShort } from "../../model/dates";
import { texts } from "../../texts/console";
import { timeText } from "./calendar";
import type { Held, Place } from "./moving";
import { isUnassigned, type Row } from "./rows";
import type { Board } from "./state";
import { Timeline, type TimelineHooks, type TimelineTexts } from "./Timeline";
import { boardTitle, timesTitle } from "./titles";

interface Props {
  board: Board;
  timeline: RefObject<Timeline | null>;
  /** The card, to be placed beside what is being moved. */
  avoid: HTMLElement | null;
}

/** Holds the timeline, feeds it, and hears it. */
export function Surface({ board, timeline, avoid }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const page = usePage();
  const { desk } = page;
  useEffect(() => {
    const made = new Timeline(host.current!, textsOf(board, page), hooksOf(board, page));
    timeline.current = made;
    const axis = board.axis.peek();
    if (axis) made.setAxis(axis);
    made.setRows(board.rows.peek());
    made.select(desk.selectedId.peek());
    made.setNow(desk.now.peek());
    return () => {
      made.destroy();
      timeline.current = null;
    };
  }, [board, page]);
  useSignalEffect(() => {
    const axis = board.axis.value;
    if (axis) timeline.current?.setAxis(axis);
  });
  useSignalEffect(() => timeline.current?.setRows(board.rows.value));
  useSignalEffect(() => timeline.current?.select(desk.selectedId.value));
  useSignalEffect(() => timeline.current?.setNow(desk.now.value));
  useSignalEffect(() => timeline.current?.setTexts(textsOf(board, page)));
  // The card follows what it is about.
  useSignalEffect(() => {
    board.question.value;
    board.choice.value;
    board.refusal.value;
    requestAnimationFrame(() => placeCard(avoid, host.current, timeline.current));
  });
  useEffect(() => placeCard(avoid, host.current, timeline.current), [avoid]);
  return <div ref={host} class="board-scroll" hidden={board.calendar.value === null} />;
}

function textsOf(board: Board, { desk }: Page): TimelineTexts {
  const words = texts.value.board;
  return {
    grid: words.title(boardTitle(board)),
    technician: words.technician,
    times: timesTitle(board, desk),
    dayLabel: ({ date }) => dayShort(date),
  };
}

function hooksOf(board: Board, { desk, view }: Page): TimelineHooks {
  const words = () => texts.peek().board;
  const say = (text: string) => {
    desk.announcement.value = text;
  };
  const zone = () => board.calendar.peek()?.timezone ?? "UTC";
  const rowName = (id: string) => board.rows.peek().find((row) => row.id === id)?.name ?? "";
  let told: Held | null = null;
  return {
    letters: () => view.letterKeys.peek(),
    // What is done is on no desk any more: it has its page. Before the desk has its orders, the panel waits for them.
    open: (orderId) => {
      const isDone = desk.loaded.peek() && !desk.orders.peek().has(orderId);
      if (isDone) go("order", { wo: orderId });
      else desk.select(orderId);
    },
    openDay: (date) => setQuery({ day: date, span: null }),
    openRow: (rowId) => {
      const row = board.rows.peek().find(({ id }) => id === rowId);
      if (row) board.ask({ orderId: null, grip: "new", by: "keys", from: nextFree(row, board) }, nextFree(row, board));
    },
    moved: (held, at) => {
      if (held.by === "pointer") return;
      const where = words().movedTo(rowName(at.rowId), timeText(at, zone()));
      say(told === held ? where : `${where}. ${words().moveKeys}`);
      told = held;
    },
    ask: (held, at) => board.ask(held, at),
    cancelled: () => {
      if (board.question.peek()) board.dismiss();
      else say(words().putBack);
    },
    fixed: (bar) => {
      const number = desk.orders.peek().get(bar.orderId)?.number ?? bar.title;
      if (bar.fixed) say(words().fixed[bar.fixed](number));
    },
  };
}

/** The next hour of a row that nothing fills, from now or from where the axis begins. */
function nextFree(row: Row, board: Board): Place {
  const HOUR = 3_600_000;
  const axis = board.axis.peek();
  const first = axis?.stretches[0]?.startMs ?? 0;
  const now = Math.ceil(board.nowMs() / (HOUR / 2)) * (HOUR / 2);
  let startMs = Math.max(first, axis && now < (axis.stretches.at(-1)?.endMs ?? 0) ? now : first);
  const taken = isUnassigned(row.id) ? [] : [...row.bars, ...row.shades].sort((a, b) => a.startMs - b.startMs);
  for (const { startMs: from, endMs } of taken)
    if (from < startMs + HOUR && endMs > startMs) startMs = Math.ceil(endMs / (HOUR / 4)) * (HOUR / 4);
  return { rowId: row.id, startMs, endMs: startMs + HOUR };
}

const GAP_PX = 10;

/** Below what is moved where there is room, else above it, and always inside the window. */
function placeCard(card: HTMLElement | null, host: HTMLElement | null, timeline: Timeline | null): void {
  if (!card?.isConnected || !host || !timeline) return;
  const ghost = timeline.ghostRect();
  const bounds = host.getBoundingClientRect();
  const { width, height } = card.getBoundingClientRect();
  const below = ghost.bottom + GAP_PX;
  const above = ghost.top - GAP_PX - height;
  const top = below + height <= bounds.bottom || above < bounds.top ? below : above;
  const left = Math.min(Math.max(ghost.left - 56, bounds.left + GAP_PX), window.innerWidth - width - GAP_PX);
  card.style.top = `${Math.max(GAP_PX, Math.min(top, window.innerHeight - height - GAP_PX))}px`;
  card.style.left = `${left}px`;
}
