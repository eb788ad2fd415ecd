/** A canvas to sign on, always dark on white: it is kept as an image, and printed. */
const WIDTH = 900;
const HEIGHT = 300;
const PEN = "#141e1a";
const PAPER = "#ffffff";
const LINE = 5;

export class SignaturePad {
  private readonly context: CanvasRenderingContext2D;
  private readonly listening = new AbortController();
  private last: { x: number; y: number } | null = null;

  constructor(
    private readonly canvas: HTMLCanvasElement,
    private readonly onDrawn: () => void,
  ) {
    Object.assign(canvas, { width: WIDTH, height: HEIGHT });
    this.context = canvas.getContext("2d")!;
    this.clear();
    const { signal } = this.listening;
    canvas.addEventListener("pointerdown", (event) => this.begin(event), { signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, () => (this.last = null), { signal });
    }
  }

  destroy(): void {
    this.listening.abort();
  }

  clear(): void {
    this.context.fillStyle = PAPER;
    this.context.fillRect(0, 0, WIDTH, HEIGHT);
  }

  /** The name, for those who type it. */
  write(name: string): void {
    this.clear();
    this.context.fillStyle = PEN;
    this.context.textAlign = "center";
    this.context.textBaseline = "middle";
    this.context.font = "italic 84px serif";
    this.context.fillText(name, WIDTH / 2, HEIGHT / 2, WIDTH - 80);
  }

  private begin(event: PointerEvent): void {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.at(event);
    this.line(this.last, { x: this.last.x + 0.1, y: this.last.y });
    this.onDrawn();
  }

  private move(event: PointerEvent): void {
    if (this.last === null) return;
    const next = this.at(event);
    this.line(this.last, next);
    this.last = next;
  }

  private line(from: { x: number; y: number }, to: { x: number; y: number }): void {
    const { context } = this;
    context.strokeStyle = PEN;
    context.lineWidth = LINE;
    context.lineCap = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }

  private at({ clientX, clientY }: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return { x: ((clientX - box.left) / box.width) * WIDTH, y: ((clientY - box.top) / box.height) * HEIGHT };
  }
}
