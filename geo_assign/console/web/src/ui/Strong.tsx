import { partsOf } from "../texts/strong";

/** A text with its names in bold, wherever a language puts them. */
export function Strong({ text }: { text: string }) {
  return <>{partsOf(text).map((part, index) => (part.bold ? <b key={index}>{part.text}</b> : part.text))}</>;
}
