/** Whether a store's two colours can be read on each other (WCAG 2.2: 4.5 to 1). */

export const LEAST = 4.5;

/** `#rgb` or `#rrggbb` as three numbers from 0 to 255; undefined for anything else. */
export function parseColour(text: string): [number, number, number] | undefined {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (!digits) return undefined;
  const pairs = digits.length === 3 ? [...digits].map((digit) => digit + digit) : (digits.match(/../g) ?? []);
  const [red, green, blue] = pairs.map((pair) => Number.parseInt(pair, 16)) as [number, number, number];
  return [red, green, blue];
}

/** From 1 (the same) to 21 (black on white). Undefined where one of them is no colour that is read here. */
export function contrast(one: string, other: string): number | undefined {
  const [first, second] = [parseColour(one), parseColour(other)];
  if (!first || !second) return undefined;
  const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The store's pair as it is used, or why it is not. Of `onAccent`, white or black is chosen where the store says none. */
export function chooseColours(accent: string, onAccent: string | null): { accent: string; onAccent: string } | string {
  if (!parseColour(accent)) return `"${accent}" is no colour such as #7a2454.`;
  const on = onAccent ?? ((contrast(accent, "#ffffff") ?? 0) >= LEAST ? "#ffffff" : "#000000");
  const ratio = contrast(accent, on);
  if (ratio === undefined) return `"${on}" is no colour such as #ffffff.`;
  if (ratio < LEAST)
    return `${on} on ${accent} has a contrast of ${ratio.toFixed(2)} to 1; at least ${LEAST} is needed.`;
  return { accent, onAccent: on };
}

function luminance(colour: [number, number, number]): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
