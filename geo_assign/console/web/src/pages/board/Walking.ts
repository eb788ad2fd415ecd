import type { Axis } from "./axis";
import { IDLE, type Move, strokeOf, struck } from "./moving";
import type { RowView } from "./RowView";
import type { Bar } from "./rows";

interface Ground {
  rows(): readonly RowView[];
  axis(): Axis | null;
  move(): Move;
  /** Whether single letters are keys. */
  letters(): boolean;
  open(orderId: string): void;
  openRow(rowId: string): void;
  takeUp(bar: Bar): void;
  changed(move: Move): void;
}

/** Where the keys are: on a bar, or (null) on the head of the row. */
interface Spot {
  rowId: string;
  key: string | null;
}

const FAR_ROWS = 10;

/** Keys on the timeline. It is one tab stop; arrows walk, Enter opens, and while a bar is on its way they move it. */
export class Walking {
  private spot: Spot | null = null;
  private readonly ended = new AbortController();

  constructor(
    private readonly grid: HTMLElement,
    private readonly ground: Ground,
  ) {
    const { signal } = this.ended;
    grid.addEventListener("keydown", (event) => this.pressed(event), { signal });
    grid.addEventListener("focusin", (event) => this.focused(event.target), { signal });
    grid.addEventListener("click", (event) => this.clicked(event), { signal });
  }

  stop(): void {
    this.ended.abort();
  }

  /** Rows or bars are others now: keep exactly one tab stop, on what had it where that is still there. */
  settle(): void {
    const held = document.activeElement instanceof HTMLElement && this.grid.contains(document.activeElement);
    const rows = this.ground.rows();
    const view = rows.find(({ id }) => id === this.spot?.rowId) ?? rows.find(({ bars }) => bars.length > 0) ?? rows[0];
    if (!view) return;
    const key = this.spot?.rowId === view.id ? this.spot.key : (view.bars[0]?.key ?? null);
    const wasThere = this.spot !== null;
    this.mark({ rowId: view.id, key: key !== null && view.button(key) ? key : null });
    if (wasThere && !held && document.activeElement === document.body) return;
  }

  /** Put the focus on an order's bar; `rowId` says in which row, and its head is second best. */
  focusOrder(orderId: string | null, rowId: string | null): void {
    const rows = this.ground.rows();
    const has = (view: RowView) => view.bars.find((bar) => bar.orderId === orderId);
    const view =
      rows.find((each) => each.id === rowId && has(each)) ?? rows.find(has) ?? rows.find(({ id }) => id === rowId);
    if (view) this.go({ rowId: view.id, key: has(view)?.key ?? null });
  }

  private pressed(event: KeyboardEvent): void {
    const move = this.ground.move();
    if (move.step === "moving" && move.held.by === "keys") {
      this.steer(event, move);
      return;
    }
    if (event.altKey || event.metaKey || move.step === "moving") return;
    const to = this.next(event.key, event.ctrlKey);
    if (to) {
      event.preventDefault();
      this.go(to);
    } else if (event.key === "Enter" && this.spot?.key === null) {
      event.preventDefault();
      this.ground.openRow(this.spot.rowId);
    } else if (event.key.toLowerCase() === "m" && !event.ctrlKey && this.ground.letters()) {
      const bar = this.bar();
      if (!bar) return;
      event.preventDefault();
      this.ground.takeUp(bar);
    }
  }

  private steer(event: KeyboardEvent, move: Move): void {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const axis = this.ground.axis();
    if (event.key === "Escape") {
      this.ground.changed(IDLE);
    } else {
      const stroke = strokeOf(event.key, event.shiftKey);
      if (!stroke || !axis) return;
      const rows = this.ground.rows();
      const next = struck(
        move,
        stroke,
        axis,
        rows.map(({ id }) => id),
      );
      this.ground.changed(next);
      if (next.step === "moving")
        rows.find(({ id }) => id === next.at.rowId)?.element.scrollIntoView({ block: "nearest" });
    }
    event.preventDefault();
    event.stopPropagation();
  }

  /** The bar that the keys are on. */
  bar(): Bar | null {
    const view = this.ground.rows().find(({ id }) => id === this.spot?.rowId);
    return view?.bars.find(({ key }) => key === this.spot?.key) ?? null;
  }

  private next(key: string, far: boolean): Spot | null {
    const rows = this.ground.rows();
    const row = rows.findIndex(({ id }) => id === this.spot?.rowId);
    const view = rows[row];
    if (!view) return null;
    const at = view.bars.findIndex((bar) => bar.key === this.spot?.key);
    const inRow = (index: number): Spot => ({ rowId: view.id, key: view.bars[index]?.key ?? null });
    switch (key) {
      case "ArrowRight":
        return at + 1 < view.bars.length ? inRow(at + 1) : null;
      case "ArrowLeft":
        return at >= 0 ? inRow(at - 1) : null;
      case "Home":
        return far ? this.above(rows[0]) : inRow(-1);
      case "End":
        return far ? this.above(rows.at(-1)) : inRow(view.bars.length - 1);
      case "ArrowDown":
        return this.above(rows[row + 1]);
      case "ArrowUp":
        return this.above(rows[row - 1]);
      case "PageDown":
        return this.above(rows[Math.min(rows.length - 1, row + FAR_ROWS)]);
      case "PageUp":
        return this.above(rows[Math.max(0, row - FAR_ROWS)]);
      default:
        return null;
    }
  }

  /** In another row: the bar nearest in time to the one before; from a head to a head. */
  private above(view: RowView | undefined): Spot | null {
    if (!view) return null;
    const from = this.bar();
    if (!from) return { rowId: view.id, key: null };
    const nearest = [...view.bars].sort(
      (a, b) => Math.abs(a.startMs - from.startMs) - Math.abs(b.startMs - from.startMs),
    )[0];
    return { rowId: view.id, key: nearest?.key ?? null };
  }

  private go(spot: Spot): void {
    this.mark(spot);
    const target = this.elementAt(spot);
    target?.focus({ preventScroll: true });
    target?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  private mark(spot: Spot): void {
    const before = this.spot && this.elementAt(this.spot);
    if (before) before.tabIndex = -1;
    this.spot = spot;
    const now = this.elementAt(spot);
    if (now) now.tabIndex = 0;
  }

  private elementAt({ rowId, key }: Spot): HTMLElement | undefined {
    const view = this.ground.rows().find(({ id }) => id === rowId);
    return key === null ? view?.header : view?.button(key);
  }

  private focused(target: EventTarget | null): void {
    const spot = this.spotOf(target);
    if (spot) this.mark(spot);
  }

  private spotOf(target: EventTarget | null): Spot | null {
    if (!(target instanceof Element)) return null;
    const rowId = target.closest<HTMLElement>(".bd-row")?.dataset.row;
    if (rowId === undefined) return null;
    const key = target.closest<HTMLElement>(".bd-bar")?.dataset.bar ?? null;
    return key !== null || target.closest(".bd-rh") ? { rowId, key } : null;
  }

  /** A click that the keyboard, or assistive technology, made; the pointer's are told by what grabs. */
  private clicked(event: MouseEvent): void {
    if (event.detail > 0) return;
    const spot = this.spotOf(event.target);
    const bar =
      spot &&
      this.ground
        .rows()
        .find(({ id }) => id === spot.rowId)
        ?.bars.find(({ key }) => key === spot.key);
    if (bar) this.ground.open(bar.orderId);
  }
}
