import type { Thing } from "./resource";

/** Things whose name or detail has all the words in it. */
export function matching(things: readonly Thing[], query: string): readonly Thing[] {
  const words = query.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return things.filter((thing) => {
    const text = `${thing.name} ${thing.detail}`.toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}
