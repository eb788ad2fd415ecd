import { type Held, IDLE, LONG_PRESS_MS, type Move, newPlace, pointed, press, released, rested } from "./moving";
import type { Bar } from "./rows";

/** What lies under the pointer. */
export interface Under {
  rowId: string | null;
  ms: number;
  bar: Bar | null;
  /** At the end of the bar, where its length is changed. */
  atEnd: boolean;
  inLane: boolean;
}

interface Ground {
  under(event: PointerEvent): Under;
  move(): Move;
  changed(move: Move): void;
  clicked(held: Held): void;
  fixed(bar: Bar): void;
}

const EDGE_PX = 36;
const SCROLL_PX = 12;

/**
 * Pointers on the timeline. The capture is the scroller's, never a bar's: bars are drawn anew while they are dragged. A
 * finger that rests drags; one that moves at once scrolls.
 */
export class Grabbing {
  private resting: ReturnType<typeof setTimeout> | undefined;
  private last: PointerEvent | null = null;
  private frame = 0;
  private readonly ended = new AbortController();

  constructor(
    private readonly scroller: HTMLElement,
    private readonly ground: Ground,
  ) {
    const { signal } = this.ended;
    scroller.addEventListener("pointerdown", (event) => this.down(event), { signal });
    scroller.addEventListener("pointermove", (event) => this.moved(event), { signal });
    scroller.addEventListener("pointerup", (event) => this.up(event), { signal });
    scroller.addEventListener("pointercancel", () => this.giveUp(), { signal });
    scroller.addEventListener("contextmenu", (event) => this.ground.move().step !== "idle" && event.preventDefault(), {
      signal,
    });
    // Once a finger drags, the page must not scroll under it.
    scroller.addEventListener("touchmove", (event) => this.drags() && event.preventDefault(), {
      signal,
      passive: false,
    });
    document.addEventListener("keydown", (event) => this.keyed(event), { signal, capture: true });
    // A drag is not also a click on the bar that it began on; a click by the keyboard has no pointer.
    scroller.addEventListener("click", (event) => event.detail > 0 && isOnBar(event) && event.preventDefault(), {
      signal,
    });
  }

  stop(): void {
    this.ended.abort();
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0 || this.ground.move().step === "moving") return;
    const { rowId, ms, bar, atEnd, inLane } = this.ground.under(event);
    if (rowId === null || !inLane) return;
    const held: Held = bar
      ? {
          orderId: bar.orderId,
          grip: atEnd && bar.fixed === null ? "end" : "move",
          by: "pointer",
          from: { rowId, startMs: bar.startMs, endMs: bar.endMs },
        }
      : { orderId: null, grip: "new", by: "pointer", from: newPlace(rowId, ms) };
    const touch = event.pointerType === "touch";
    this.ground.changed(IDLE);
    this.ground.changed(press({ held, x: event.clientX, y: event.clientY, touch, ms }));
    this.last = event;
    if (touch) this.resting = setTimeout(() => this.rest(event), LONG_PRESS_MS);
  }

  private rest(event: PointerEvent): void {
    const move = this.ground.move();
    if (move.step !== "pressed" || this.refuses(move.held)) return;
    this.scroller.setPointerCapture(event.pointerId);
    navigator.vibrate?.(10);
    this.ground.changed(rested(move));
  }

  private moved(event: PointerEvent): void {
    const move = this.ground.move();
    if (move.step !== "pressed" && move.step !== "moving") return;
    if (move.step === "moving" && move.held.by !== "pointer") return;
    const { rowId, ms } = this.ground.under(event);
    const next = pointed(move, { x: event.clientX, y: event.clientY, rowId, ms });
    if (next === move) return;
    if (move.step === "pressed" && next.step === "moving") {
      if (this.refuses(move.held)) return;
      this.scroller.setPointerCapture(event.pointerId);
    }
    if (next.step === "idle") clearTimeout(this.resting);
    this.last = event;
    this.ground.changed(next);
    if (next.step === "moving") this.scrollAtEdges();
  }

  /** Tell that what is held stays where it is. */
  private refuses(held: Held): boolean {
    const bar = held.orderId === null ? null : this.last && this.ground.under(this.last).bar;
    if (!bar || bar.fixed === null) return false;
    clearTimeout(this.resting);
    this.ground.changed(IDLE);
    this.ground.fixed(bar);
    return true;
  }

  private up(event: PointerEvent): void {
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
    const { move, clicked } = released(this.ground.move());
    if (this.scroller.hasPointerCapture(event.pointerId)) this.scroller.releasePointerCapture(event.pointerId);
    this.ground.changed(move);
    if (clicked) this.ground.clicked(clicked);
  }

  private giveUp(): void {
    clearTimeout(this.resting);
    cancelAnimationFrame(this.frame);
    const move = this.ground.move();
    if (move.step === "pressed" || (move.step === "moving" && move.held.by === "pointer")) this.ground.changed(IDLE);
  }

  private keyed(event: KeyboardEvent): void {
    if (event.key !== "Escape" || !this.drags()) return;
    event.preventDefault();
    event.stopPropagation();
    this.giveUp();
  }

  private drags(): boolean {
    const move = this.ground.move();
    return move.step === "moving" && move.held.by === "pointer";
  }

  /** Near an edge the timeline scrolls for as long as the pointer stays there. */
  private scrollAtEdges(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (!this.last || !this.drags()) return;
      const box = this.scroller.getBoundingClientRect();
      const { clientX: x, clientY: y } = this.last;
      const by = { left: edge(x, box.left, box.right), top: edge(y, box.top, box.bottom) };
      if (by.left === 0 && by.top === 0) return;
      this.scroller.scrollBy(by);
      this.moved(this.last);
      this.scrollAtEdges();
    });
  }
}

const edge = (at: number, first: number, last: number) =>
  at < first + EDGE_PX ? -SCROLL_PX : at > last - EDGE_PX ? SCROLL_PX : 0;
const isOnBar = (event: Event) => event.target instanceof Element && event.target.closest(".bd-bar") !== null;
