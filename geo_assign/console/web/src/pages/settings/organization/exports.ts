/** One export whose track comes in pages. */
interface Exported {
  readonly track: { readonly items: readonly unknown[]; readonly next_cursor: string | null };
}

/** The first page with the whole track in it. */
export async function everyTrackPage<T extends Exported>(read: (cursor: string | null) => Promise<T>): Promise<T> {
  const first = await read(null);
  const items = [...first.track.items];
  let cursor = first.track.next_cursor;
  while (cursor !== null) {
    const page = await read(cursor);
    items.push(...page.track.items);
    cursor = page.track.next_cursor;
  }
  return { ...first, track: { items, next_cursor: null } };
}
