import type { Shape } from "./drawings";

/** Reads tokens as the page's theme resolves them now, as `rgb(…)` that a canvas and MapLibre take. */
export function tokenReader(): (token: string) => string {
  const read = new Map<string, string>();
  return (token) => {
    let colour = read.get(token);
    if (colour === undefined) {
      const probe = document.createElement("i");
      probe.style.color = `var(--${token})`;
      document.body.append(probe);
      colour = getComputedStyle(probe).color;
      probe.remove();
      read.set(token, colour);
    }
    return colour;
  };
}

/** Draw a symbol as an image for the map, `half` units around its centre at `pixelRatio`. */
export function paintImage(
  shapes: Shape[],
  colour: (token: string) => string,
  half: number,
  pixelRatio: number,
): ImageData {
  const side = half * 2 * pixelRatio;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d", { willReadFrequently: true })!;
  context.setTransform(pixelRatio, 0, 0, pixelRatio, side / 2, side / 2);
  context.lineCap = context.lineJoin = "round";
  for (const { d, fill, stroke, width = 1, dash = [] } of shapes) {
    const path = new Path2D(d);
    if (fill) {
      context.fillStyle = colour(fill);
      context.fill(path);
    }
    if (stroke) {
      context.strokeStyle = colour(stroke);
      context.lineWidth = width;
      context.lineCap = dash.length > 0 ? "butt" : "round";
      context.setLineDash(dash);
      context.stroke(path);
    }
  }
  return context.getImageData(0, 0, side, side);
}

const SVG = "http://www.w3.org/2000/svg";

/** The same as an SVG element, for markers that live outside the components. */
export function symbolElement(shapes: Shape[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "-12 -12 24 24");
  svg.setAttribute("class", "sym");
  svg.setAttribute("aria-hidden", "true");
  for (const { d, fill, stroke, width, dash } of shapes) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("fill", fill ? `var(--${fill})` : "none");
    if (stroke) path.setAttribute("stroke", `var(--${stroke})`);
    if (width) path.setAttribute("stroke-width", String(width));
    if (dash) path.setAttribute("stroke-dasharray", dash.join(" "));
    svg.append(path);
  }
  return svg;
}
