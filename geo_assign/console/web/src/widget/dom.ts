/** Elements in one expression. Text is always text: nothing here reads markup. */

type Props = Record<string, string | number | boolean | null | undefined | ((event: Event) => void)>;
export type Child = Node | string | null | undefined | false;

/** An element; `on…` are listeners, `true` an empty attribute, null and false none. */
export function h<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  props: Props = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  return fill(document.createElement(tag), props, children);
}

const SVG = "http://www.w3.org/2000/svg";

/** A 16 by 16 drawing of one path. */
export function icon(path: string): SVGElement {
  const line = fill(document.createElementNS(SVG, "path"), { d: path }, []);
  return fill(document.createElementNS(SVG, "svg"), { viewBox: "0 0 16 16", "aria-hidden": "true" }, [line]);
}

function fill<Made extends Element>(element: Made, props: Props, children: readonly Child[]): Made {
  for (const [name, value] of Object.entries(props)) {
    if (typeof value === "function") element.addEventListener(name.slice(2).toLowerCase(), value);
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  element.append(...children.filter((child): child is Node | string => Boolean(child)));
  return element;
}
