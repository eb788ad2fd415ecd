/** The icons of the technician's app, painted from the mark: the build needs no image library. */
import { deflateSync } from "node:zlib";

/** A circle of the mark; a ring where it has a stroke, and then its dash and the dash's offset along the way. */
interface Circle {
  cx: number;
  cy: number;
  r: number;
  stroke: number;
  dash: [number, number] | null;
  offset: number;
}

type Colour = readonly [number, number, number];

export interface Paints {
  /** Null: transparent. */
  ground: Colour | null;
  ink: Colour;
  /** Of the last circle, the technician who can go. */
  accent: Colour;
}

const BOX = 24;
const SAMPLES = 3;

/** The circles of an SVG that consists of nothing else. */
export function circlesOf(svg: string): Circle[] {
  return [...svg.matchAll(/<circle ([^>]*?)\/>/g)].map(([, attributes = ""]) => {
    const text = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1];
    const number = (name: string) => Number(text(name) ?? 0);
    const [on = 0, off = 0] = (text("stroke-dasharray") ?? "").split(" ").map(Number);
    return {
      cx: number("cx"),
      cy: number("cy"),
      r: number("r"),
      stroke: number("stroke-width"),
      dash: on > 0 ? [on, off] : null,
      offset: number("stroke-dashoffset"),
    };
  });
}

/** `scale`: how much of the square the mark takes; maskable icons are cut to a circle of four fifths. */
export function pngIcon(circles: readonly Circle[], size: number, scale: number, paints: Paints): Buffer {
  const pixels = Buffer.alloc(size * (size * 4 + 1));
  for (let y = 0; y < size; y += 1) {
    const row = y * (size * 4 + 1);
    for (let x = 0; x < size; x += 1) pixels.set(pixel(circles, x, y, size, scale, paints), row + 1 + x * 4);
  }
  return png(size, pixels);
}

function pixel(
  circles: readonly Circle[],
  x: number,
  y: number,
  size: number,
  scale: number,
  paints: Paints,
): number[] {
  const sum = [0, 0, 0, 0];
  for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
    const across = (x + ((sample % SAMPLES) + 0.5) / SAMPLES) / size;
    const down = (y + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / size;
    const at = (share: number) => BOX / 2 + ((share - 0.5) * BOX) / scale;
    const colour = colourAt(circles, at(across), at(down), paints);
    if (colour === null) continue;
    colour.forEach((value, channel) => {
      sum[channel]! += value;
    });
    sum[3]! += 1;
  }
  const [red = 0, green = 0, blue = 0, covered = 0] = sum;
  const share = Math.max(1, covered);
  return [red / share, green / share, blue / share, (covered / SAMPLES ** 2) * 255].map(Math.round);
}

function colourAt(circles: readonly Circle[], x: number, y: number, paints: Paints): Colour | null {
  for (let place = circles.length - 1; place >= 0; place -= 1) {
    if (covers(circles[place]!, x, y)) return place === circles.length - 1 ? paints.accent : paints.ink;
  }
  return paints.ground;
}

function covers({ cx, cy, r, stroke, dash, offset }: Circle, x: number, y: number): boolean {
  const far = Math.hypot(x - cx, y - cy);
  if (stroke === 0) return far <= r;
  if (Math.abs(far - r) > stroke / 2) return false;
  if (dash === null) return true;
  const round = 2 * Math.PI * r;
  const angle = (Math.atan2(y - cy, x - cx) + 2 * Math.PI) % (2 * Math.PI);
  const along = (angle / (2 * Math.PI)) * round + offset;
  const period = dash[0] + dash[1];
  return ((along % period) + period) % period <= dash[0];
}

function png(size: number, pixels: Buffer): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  // Eight bits a channel, with transparency.
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(pixels, { level: 9 })),
    chunk("IEND", Buffer.alloc(0)),
  ];
  return Buffer.concat([signature, ...parts]);
}

function chunk(name: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(name, "ascii"), data]);
  const framed = Buffer.alloc(data.length + 12);
  framed.writeUInt32BE(data.length, 0);
  named.copy(framed, 4);
  framed.writeUInt32BE(crc32(named), data.length + 8);
  return framed;
}

function crc32(data: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
