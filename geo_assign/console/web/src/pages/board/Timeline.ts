import { HOUR_MS } from "../../model/dates";
import { type Axis, clockAt, instantAt, type Stretch, shareOf } from "./axis";
import { Grabbing, type Under } from "./Grabbing";
import { type Held, IDLE, type Move, type Place, placedAt, takeUp } from "./moving";
import { type Drawing, RowView } from "./RowView";
import type { Bar, Row } from "./rows";
import { Walking } from "./Walking";

/** What the timeline tells its page; none of it changes a work order by itself. */
export interface TimelineHooks {
  open(orderId: string): void;
  /** A row's technician was chosen by the keys. */
  openRow(rowId: string): void;
  openDay(date: string): void;
  /** Something is on its way: to be announced while keys move it. */
  moved(held: Held, at: Place): void;
  /** It was let go: the card asks. */
  ask(held: Held, at: Place): void;
  /** It was put back. */
  cancelled(): void;
  /** A bar that cannot be moved was taken up. */
  fixed(bar: Bar): void;
  /** Whether single letters are keys. */
  letters(): boolean;
}

/** Words that stand on the timeline itself. */
export interface TimelineTexts {
  grid: string;
  technician: string;
  /** Where its times are told, at the head of the technicians; empty for what goes without saying. */
  times: string;
  dayLabel: (stretch: Stretch) => string;
}

const SEVERAL_DAYS_LANE_PX = 1480;

/**
 * Technicians in rows, time from left to right. It draws what it is given and tells what was pointed at; it knows no
 * framework and asks no server. One tab stop: arrow keys walk between bars.
 */
export class Timeline {
  move: Move = IDLE;
  private axis: Axis | null = null;
  private rows: readonly Row[] = [];
  private readonly views = new Map<string, RowView>();
  private selectedId: string | null = null;
  private lanePx = 0;
  private readonly canvas = document.createElement("div");
  private readonly grid = document.createElement("div");
  private readonly head = document.createElement("div");
  private readonly headLane = document.createElement("div");
  private readonly nowLine = document.createElement("div");
  private readonly nowText = document.createElement("span");
  private readonly ghost = document.createElement("div");
  private readonly resized: ResizeObserver;
  private readonly walking: Walking;
  private readonly grabbing: Grabbing;

  constructor(
    readonly host: HTMLElement,
    private texts: TimelineTexts,
    private readonly hooks: TimelineHooks,
  ) {
    this.build();
    this.walking = new Walking(this.grid, {
      rows: () => this.shownViews(),
      move: () => this.move,
      axis: () => this.axis,
      letters: () => this.hooks.letters(),
      open: (orderId) => this.hooks.open(orderId),
      openRow: (rowId) => this.hooks.openRow(rowId),
      takeUp: (bar) => this.takeUp(bar, "keys"),
      changed: (move) => this.show(move),
    });
    this.grabbing = new Grabbing(host, {
      under: (event) => this.under(event),
      move: () => this.move,
      changed: (move) => this.show(move),
      clicked: (held) => this.clicked(held),
      fixed: (bar) => this.hooks.fixed(bar),
    });
    this.resized = new ResizeObserver(() => this.measure());
    this.resized.observe(host);
  }

  destroy(): void {
    this.resized.disconnect();
    this.grabbing.stop();
    this.walking.stop();
    this.canvas.remove();
  }

  setTexts(texts: TimelineTexts): void {
    this.texts = texts;
    if (this.axis) this.drawHead(this.axis);
  }

  setAxis(axis: Axis): void {
    if (axis === this.axis) return;
    this.axis = axis;
    this.canvas.classList.toggle("bd-days", axis.stretches.length > 1);
    this.canvas.style.setProperty(
      "--lane-min",
      `${axis.stretches.length > 1 ? SEVERAL_DAYS_LANE_PX : (axis.lengthMs / HOUR_MS) * 62}px`,
    );
    this.drawLines(axis);
    this.drawHead(axis);
    this.measure();
    this.draw();
  }

  setRows(rows: readonly Row[]): void {
    if (rows === this.rows) return;
    this.rows = rows;
    this.draw();
  }

  select(orderId: string | null): void {
    if (orderId === this.selectedId) return;
    this.selectedId = orderId;
    this.draw();
  }

  setNow(ms: number): void {
    const { axis } = this;
    const shown = axis?.stretches.some(({ startMs, endMs }) => ms >= startMs && ms < endMs);
    this.nowLine.hidden = this.nowText.hidden = !shown;
    if (!axis || !shown) return;
    const at = shareOf(axis, ms).toFixed(5);
    for (const each of [this.nowLine, this.nowText]) each.style.setProperty("--at", at);
    this.nowText.textContent = clockAt(ms, axis.zone);
  }

  /** Take a bar of this order up: with the keys on the timeline, or with the fields of the card. */
  takeUp(bar: Bar, by: "keys" | "fields"): void {
    if (bar.fixed !== null) {
      this.hooks.fixed(bar);
      return;
    }
    const { orderId, rowId, startMs, endMs } = bar;
    this.show(takeUp({ orderId, grip: "move", by, from: { rowId, startMs, endMs } }));
  }

  /** The bar of an order; that of the technician who leads it where there are several. */
  findBar(orderId: string): Bar | undefined {
    return this.rows.flatMap(({ bars }) => bars).find((bar) => bar.orderId === orderId);
  }

  /** Another place, from the card's fields. */
  placeAt(at: Place): void {
    this.show(placedAt(this.move, at));
  }

  /** Put down: the card is done, or it was called off. Focus goes back to the bar. */
  putDown(): void {
    const { move } = this;
    this.show(IDLE);
    if (move.step === "idle" || move.step === "pressed") return;
    this.walking.focusOrder(move.held.orderId, move.held.from.rowId);
  }

  /** Bring a bar into view and put the focus on it. */
  focus(orderId: string): void {
    this.walking.focusOrder(orderId, null);
  }

  /** Where the bar that is on its way is drawn, in the page. */
  ghostRect(): DOMRect {
    return this.ghost.getBoundingClientRect();
  }

  private build(): void {
    const { canvas, grid, head, headLane, nowLine, nowText, ghost } = this;
    canvas.className = "bd-canvas";
    grid.className = "bd-grid";
    grid.setAttribute("role", "grid");
    head.className = "bd-head";
    head.setAttribute("role", "row");
    const corner = Object.assign(document.createElement("div"), { className: "bd-rh" });
    corner.setAttribute("role", "columnheader");
    headLane.className = "bd-lane";
    headLane.setAttribute("role", "columnheader");
    head.append(corner, headLane);
    grid.append(head);
    nowLine.className = "bd-now";
    nowLine.setAttribute("aria-hidden", "true");
    nowText.className = "bd-now-text";
    nowText.setAttribute("aria-hidden", "true");
    nowText.hidden = true;
    nowLine.hidden = true;
    ghost.className = "bd-ghost";
    ghost.hidden = true;
    canvas.append(grid, nowLine, ghost);
    this.host.append(canvas);
  }

  private draw(): void {
    const { axis } = this;
    if (!axis || this.lanePx === 0) return;
    const drawing: Drawing = { axis, lanePx: this.lanePx, selectedId: this.selectedId };
    const ids = new Set(this.rows.map(({ id }) => id));
    for (const [id, view] of this.views) {
      if (ids.has(id)) continue;
      view.element.remove();
      this.views.delete(id);
    }
    let last: Element = this.head;
    for (const row of this.rows) {
      let view = this.views.get(row.id);
      if (!view) {
        view = new RowView(row.id);
        this.views.set(row.id, view);
      }
      view.draw(row, drawing);
      if (last.nextElementSibling !== view.element) last.after(view.element);
      last = view.element;
    }
    this.walking.settle();
    this.show(this.move);
  }

  private shownViews(): RowView[] {
    return this.rows.flatMap(({ id }) => this.views.get(id) ?? []);
  }

  private measure(): void {
    const px = this.headLane.clientWidth;
    if (px === this.lanePx || px === 0) return;
    this.lanePx = px;
    this.draw();
  }

  private drawHead(axis: Axis): void {
    const { grid, technician, times, dayLabel } = this.texts;
    this.grid.setAttribute("aria-label", grid);
    this.head.firstElementChild!.replaceChildren(
      Object.assign(document.createElement("span"), { className: "sr", textContent: technician }),
      Object.assign(document.createElement("small"), { className: "board-zone", textContent: times }),
    );
    const several = axis.stretches.length > 1;
    const days = several ? axis.stretches.map((stretch) => this.dayButton(stretch, dayLabel(stretch))) : [];
    const ticks = axis.ticks.map(({ at, text }) => {
      const tick = Object.assign(document.createElement("span"), { className: "bd-tick", textContent: text });
      tick.style.left = `${(at * 100).toFixed(4)}%`;
      return tick;
    });
    this.headLane.replaceChildren(...days, ...ticks, this.nowText);
  }

  private dayButton(stretch: Stretch, text: string): HTMLElement {
    const made = Object.assign(document.createElement("button"), {
      className: "bd-day",
      type: "button",
      textContent: text,
      tabIndex: -1,
    });
    made.style.left = `${(stretch.left * 100).toFixed(4)}%`;
    made.style.width = `${(stretch.width * 100).toFixed(4)}%`;
    made.addEventListener("click", () => this.hooks.openDay(stretch.date));
    return made;
  }

  /** One line for each tick, a strong one where a day begins: as backgrounds, so that rows need no elements for them. */
  private drawLines(axis: Axis): void {
    const halves = axis.stretches.length > 1 ? [] : axis.ticks.map(({ ms }) => shareOf(axis, ms + HOUR_MS / 2));
    const lines = [
      ...axis.ticks.map(({ at }) => ({ at, colour: "var(--line)" })),
      ...halves.map((at) => ({ at, colour: "color-mix(in srgb, var(--line) 45%, transparent)" })),
    ];
    this.setLines("--lines", lines);
    // Over the hatching, which goes on from one day to the next.
    this.setLines(
      "--days",
      axis.stretches.slice(1).map(({ left }) => ({ at: left, colour: "var(--line-strong)" })),
    );
  }

  private setLines(name: string, lines: readonly { at: number; colour: string }[]): void {
    const { style } = this.canvas;
    style.setProperty(name, lines.map(({ colour }) => `linear-gradient(${colour}, ${colour})`).join(", ") || "none");
    style.setProperty(`${name}-at`, lines.map(({ at }) => `${(at * 100).toFixed(4)}% 0`).join(", ") || "0 0");
  }

  private under(event: { clientX: number; clientY: number; target: EventTarget | null }): Under {
    const { axis } = this;
    const lanes = this.headLane.getBoundingClientRect();
    const share = lanes.width > 0 ? (event.clientX - lanes.left) / lanes.width : 0;
    const ms = axis ? instantAt(axis, Math.min(1, Math.max(0, share))) : 0;
    const at = document.elementsFromPoint(event.clientX, event.clientY).find((each) => this.grid.contains(each));
    const row = at?.closest<HTMLElement>(".bd-row");
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>(".bd-bar") : null;
    const rowId = row?.dataset.row ?? null;
    const bar = this.rows.find(({ id }) => id === rowId)?.bars.find(({ key }) => key === button?.dataset.bar) ?? null;
    const edge = button?.getBoundingClientRect();
    const inLane = at?.closest(".bd-lane") !== null && at !== undefined;
    return { rowId, ms, bar, atEnd: edge !== undefined && edge.width > 30 && edge.right - event.clientX < 9, inLane };
  }

  private clicked(held: Held): void {
    if (held.orderId !== null) this.hooks.open(held.orderId);
    else this.show({ step: "asking", held, at: held.from });
  }

  /** Take a step: draw it, and tell it. */
  private show(move: Move): void {
    const before = this.move;
    this.move = move;
    if (move.step === "idle" && before.step === "idle") return;
    const at = move.step === "moving" || move.step === "asking" ? move.at : null;
    this.views.forEach((view, id) => view.showTarget(at?.rowId === id));
    this.canvas.classList.toggle("bd-moving", move.step === "moving");
    this.drawOrigin(move);
    this.drawGhost(move);
    if (move === before) return;
    if (move.step === "moving") this.hooks.moved(move.held, move.at);
    else if (move.step === "asking") this.hooks.ask(move.held, move.at);
    else if (move.step === "idle" && (before.step === "moving" || before.step === "asking")) this.hooks.cancelled();
  }

  private drawOrigin(move: Move): void {
    const held = move.step === "moving" || move.step === "asking" ? move.held : null;
    this.grid.querySelectorAll(".bd-from").forEach((each) => each.classList.remove("bd-from"));
    if (held?.orderId)
      this.views.get(held.from.rowId)?.button(`${held.orderId} ${held.from.rowId}`)?.classList.add("bd-from");
  }

  private drawGhost(move: Move): void {
    const at = move.step === "moving" || move.step === "asking" ? move.at : null;
    const view = at && this.views.get(at.rowId);
    this.ghost.hidden = !at || !view || !this.axis;
    if (!at || !view || !this.axis || (move.step !== "moving" && move.step !== "asking")) return;
    const bar = move.held.orderId === null ? undefined : this.findBar(move.held.orderId);
    const left = shareOf(this.axis, at.startMs);
    this.ghost.className = `bd-ghost bd-bar ${bar?.kind ?? "new"}`;
    this.ghost.style.setProperty("--at", left.toFixed(5));
    this.ghost.style.setProperty("--for", Math.max(0.004, shareOf(this.axis, at.endMs) - left).toFixed(5));
    this.ghost.style.top = `${view.element.offsetTop + 6}px`;
    const times = `${clockAt(at.startMs, this.axis.zone)}–${clockAt(at.endMs, this.axis.zone)}`;
    const [title, time] = [document.createElement("b"), document.createElement("small")];
    title.textContent = bar?.title ?? times;
    time.textContent = bar ? times : "";
    this.ghost.replaceChildren(title, ...(bar ? [time] : []));
  }
}
