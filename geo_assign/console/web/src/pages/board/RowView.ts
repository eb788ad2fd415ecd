import { type Glyph, glyphShapes } from "../../symbols/drawings";
import { symbolElement } from "../../symbols/paint";
import { type Axis, place } from "./axis";
import { type Bar, type Fill, isUnassigned, type Row, type Shade } from "./rows";
import { stack } from "./stacking";

/** A bar needs about this much of the lane for its glyph and the start of a word. */
const WORD_PX = 44;
/** From here on a glyph stands beside the words. */
const GLYPH_PX = 76;
/** Hatching shows its words from here on. */
const SHADE_WORDS_PX = 84;
/** Below this the second line goes, and the title takes both. */
const TWO_LINES_PX = 116;
/** What the words of a way take: so much each letter, and so much around them. */
const WAY_LETTER_PX = 6;
const WAY_MARGIN_PX = 4;

const element = <K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] => {
  const made = document.createElement(tag);
  made.className = name;
  return made;
};

function text<K extends keyof HTMLElementTagNameMap>(tag: K, name: string, words: string): HTMLElementTagNameMap[K] {
  const made = element(tag, name);
  made.textContent = words;
  return made;
}

/** Words for the eye alone: the label says all of it, without a clock that runs. */
function shown(tag: "b" | "small", words: string): HTMLElement {
  const made = text(tag, "", words);
  made.setAttribute("aria-hidden", "true");
  return made;
}

const percent = (share: number) => `${(share * 100).toFixed(4)}%`;

const glyphs = new Map<Glyph, SVGSVGElement>();

function glyphElement(glyph: Glyph): SVGSVGElement {
  let made = glyphs.get(glyph);
  if (!made) {
    made = symbolElement(glyphShapes(glyph));
    glyphs.set(glyph, made);
  }
  return made.cloneNode(true) as SVGSVGElement;
}

type Size = "" | "two" | "narrow" | "tiny";

/** What of its words a bar has room for: two lines, the title in both, the title without the glyph, or the glyph alone. */
function sizeOf(fill: Fill, px: number): Size {
  if (px < WORD_PX) return "tiny";
  if (px < GLYPH_PX) return "narrow";
  const tells = fill === "hollow" || fill === "dashed" || fill === "solid";
  return px < TWO_LINES_PX && !tells ? "two" : "";
}

interface DrawnBar {
  button: HTMLButtonElement;
  way: HTMLElement | null;
  drawn: string;
}

/** What a row is drawn for: where the axis lies, how wide a lane is, and what is selected. */
export interface Drawing {
  axis: Axis;
  lanePx: number;
  selectedId: string | null;
}

/** One row of the timeline; `draw` touches only what is different. */
export class RowView {
  readonly element = element("div", "bd-row");
  readonly header = element("div", "bd-rh");
  readonly lane = element("div", "bd-lane");
  /** The bars in the order of time. */
  bars: readonly Bar[] = [];
  private readonly drawnBars = new Map<string, DrawnBar>();
  private shades: HTMLElement[] = [];
  private drawnHeader = "";
  private drawnShades = "";
  private drawn: { row: Row; axis: Axis; lanePx: number; selectedId: string | null } | null = null;
  private target: HTMLElement | null = null;

  constructor(readonly id: string) {
    this.element.setAttribute("role", "row");
    this.header.setAttribute("role", "rowheader");
    this.header.tabIndex = -1;
    this.lane.setAttribute("role", "gridcell");
    this.element.dataset.row = id;
    if (isUnassigned(id)) this.element.classList.add("bd-un");
    this.element.append(this.header, this.lane);
  }

  draw(row: Row, drawing: Drawing): void {
    const { axis, lanePx } = drawing;
    const isMine = row.bars.some(({ orderId }) => orderId === drawing.selectedId);
    const selectedId = isMine ? drawing.selectedId : null;
    const { drawn } = this;
    if (drawn?.row === row && drawn.axis === axis && drawn.lanePx === lanePx && drawn.selectedId === selectedId) return;
    this.drawn = { row, axis, lanePx, selectedId };
    this.drawHeader(row);
    this.drawShades(row.shades, drawing);
    this.drawBars(row.bars, drawing);
  }

  button(key: string): HTMLButtonElement | undefined {
    return this.drawnBars.get(key)?.button;
  }

  /** Where a bar that is being moved would land. */
  showTarget(shown: boolean): void {
    if (!shown) {
      this.target?.remove();
      this.target = null;
    } else if (!this.target) {
      this.target = element("div", "bd-target");
      this.lane.prepend(this.target);
    }
  }

  private drawHeader(row: Row): void {
    const drawn = JSON.stringify([row.name, row.notes, row.label, row.shapes]);
    if (drawn === this.drawnHeader) return;
    this.drawnHeader = drawn;
    const name = text("b", "", row.name);
    const notes = element("small", "");
    row.notes.forEach((note, index) => {
      if (index > 0) notes.append(" · ");
      notes.append(text("span", `bd-${note.tone}`, note.text));
    });
    this.header.setAttribute("aria-label", row.label);
    this.header.replaceChildren(...(row.shapes ? [symbolElement([...row.shapes])] : []), name, notes);
  }

  private drawShades(shades: readonly Shade[], { axis, lanePx }: Drawing): void {
    const placed = shades.flatMap((shade) => {
      const at = place(axis, shade);
      if (!at || at.width <= 0) return [];
      return [{ ...shade, ...at, text: at.width * lanePx < SHADE_WORDS_PX ? "" : shade.text }];
    });
    const drawn = JSON.stringify(placed.map(({ kind, text, left, width }) => [kind, text, left, width]));
    if (drawn === this.drawnShades) return;
    this.drawnShades = drawn;
    this.shades.forEach((each) => each.remove());
    this.shades = placed.map(({ kind, text: words, left, width }) => {
      const made = element("div", `bd-off bd-${kind}`);
      made.style.left = percent(left);
      made.style.width = percent(width);
      if (words) made.append(text("span", "", words));
      return made;
    });
    this.lane.prepend(...this.shades);
  }

  private drawBars(bars: readonly Bar[], { axis, lanePx, selectedId }: Drawing): void {
    const shortest = (WORD_PX / Math.max(1, lanePx)) * axis.lengthMs;
    const shown = bars.filter((bar) => place(axis, bar) !== null);
    const { bars: stacked, lanes } = stack(shown, isUnassigned(this.id) ? 2 * shortest : 0);
    this.element.style.setProperty("--lanes", String(lanes));
    this.bars = stacked.map(({ bar }) => bar).sort((a, b) => a.startMs - b.startMs);
    const keys = new Set(this.bars.map(({ key }) => key));
    for (const [key, drawn] of this.drawnBars) if (!keys.has(key)) this.remove(key, drawn);
    for (const { bar, lane, freeFromMs } of stacked) {
      const before = freeFromMs === null ? null : place(axis, { startMs: freeFromMs, endMs: bar.startMs });
      const roomPx = freeFromMs === null ? Number.POSITIVE_INFINITY : (before?.width ?? 0) * lanePx;
      const tellsWay = roomPx >= bar.travelText.length * WAY_LETTER_PX + WAY_MARGIN_PX;
      this.drawBar(bar, { axis, lane, lanePx, selected: bar.orderId === selectedId, tellsWay });
    }
  }

  private remove(key: string, { button, way }: DrawnBar): void {
    button.remove();
    way?.remove();
    this.drawnBars.delete(key);
  }

  private drawBar(
    bar: Bar,
    {
      axis,
      lane,
      lanePx,
      selected,
      tellsWay,
    }: { axis: Axis; lane: number; lanePx: number; selected: boolean; tellsWay: boolean },
  ): void {
    const at = place(axis, bar)!;
    const size = sizeOf(bar.fill, at.width * lanePx);
    const drawn = JSON.stringify([bar, at, lane, size, selected, tellsWay]);
    let known = this.drawnBars.get(bar.key);
    if (known?.drawn === drawn) return;
    if (!known) {
      known = { button: element("button", ""), way: null, drawn };
      known.button.type = "button";
      known.button.tabIndex = -1;
      known.button.dataset.bar = bar.key;
      this.lane.append(known.button);
      this.drawnBars.set(bar.key, known);
    }
    known.drawn = drawn;
    const { button } = known;
    button.className = `bd-bar ${bar.kind} ${bar.fill} ${size}${selected ? " selected" : ""}${bar.fixed === null ? "" : " fixed"}`;
    button.style.left = percent(at.left);
    button.style.width = percent(at.width);
    button.style.setProperty("--lane", String(lane));
    button.title = bar.label;
    const tells = size === "" || (size === "narrow" && bar.fill === "dashed");
    const detail = bar.detail && tells ? [shown("small", bar.detail)] : [];
    const title = size === "tiny" || (size === "narrow" && detail.length > 0) ? [] : [shown("b", bar.title)];
    button.replaceChildren(glyphElement(bar.glyph), ...title, ...detail, text("span", "sr", bar.label));
    this.drawWay(known, bar, axis, { lane, tellsWay });
  }

  /** Words that would lie over the bar before are left out: then a pointer on the way finds them. */
  private drawWay(
    known: DrawnBar,
    bar: Bar,
    axis: Axis,
    { lane, tellsWay }: { lane: number; tellsWay: boolean },
  ): void {
    known.way?.remove();
    known.way = null;
    if (bar.travelFromMs === null) return;
    const at = place(axis, { startMs: bar.travelFromMs, endMs: bar.startMs });
    if (!at || at.width <= 0) return;
    const way = element("div", "bd-way");
    way.style.left = percent(at.left);
    way.style.width = percent(at.width);
    way.style.setProperty("--lane", String(lane));
    way.title = bar.travelText;
    if (tellsWay) way.dataset.way = bar.travelText;
    known.way = way;
    known.button.before(way);
  }
}
