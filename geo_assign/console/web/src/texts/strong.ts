/** Marks what is set in bold inside a text, so that a translation may put it where its language wants it. */

const OPEN = "\u0002";
const CLOSE = "\u0003";

export const strong = (text: string) => OPEN + text + CLOSE;

export interface Part {
  text: string;
  bold: boolean;
}

/** The parts of a text, in order. */
export function partsOf(text: string): Part[] {
  return text.split(OPEN).flatMap((piece, index) => {
    if (index === 0) return piece ? [{ text: piece, bold: false }] : [];
    const [bold = "", ...rest] = piece.split(CLOSE);
    const after = rest.join("");
    return [{ text: bold, bold: true }, ...(after ? [{ text: after, bold: false }] : [])];
  });
}

/** The text without its marks, as it is read out or kept in a title. */
export function plainText(text: string): string {
  return partsOf(text)
    .map((part) => part.text)
    .join("");
}
