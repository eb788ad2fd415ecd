/** What the app keeps on the phone until the service has it: rows in the order in which they came, each with its owner. */

/** `key` grows with every row. */
export interface Row<V> {
  key: number;
  value: V;
}

export interface Owned {
  /** The technician whose row it is: another who logs in on this phone neither sees nor sends it. */
  owner: string;
}

export interface Shelf<V extends Owned> {
  add(value: V): Promise<number>;
  /** The oldest of an owner, in their order. */
  list(owner: string, limit?: number): Promise<Row<V>[]>;
  count(owner: string): Promise<number>;
  remove(keys: readonly number[]): Promise<void>;
}

/** Rows that a page holds while it is open, where the browser keeps none. */
export class MemoryShelf<V extends Owned> implements Shelf<V> {
  private rows: Row<V>[] = [];
  private last = 0;

  async add(value: V): Promise<number> {
    this.last += 1;
    this.rows.push({ key: this.last, value });
    return this.last;
  }

  async list(owner: string, limit = Number.POSITIVE_INFINITY): Promise<Row<V>[]> {
    return this.rows.filter((row) => row.value.owner === owner).slice(0, limit);
  }

  async count(owner: string): Promise<number> {
    return (await this.list(owner)).length;
  }

  async remove(keys: readonly number[]): Promise<void> {
    const gone = new Set(keys);
    this.rows = this.rows.filter((row) => !gone.has(row.key));
  }
}

/** Rows in the browser's database while it takes them, and the newest in memory from when it does not. */
export class ShelfWithSpare<V extends Owned> implements Shelf<V> {
  private readonly spare = new MemoryShelf<V>();

  constructor(
    private readonly lasting: Shelf<V>,
    private readonly onFull: () => void,
  ) {}

  async add(value: V): Promise<number> {
    try {
      return await this.lasting.add(value);
    } catch {
      this.onFull();
      return -(await this.spare.add(value));
    }
  }

  async list(owner: string, limit = Number.POSITIVE_INFINITY): Promise<Row<V>[]> {
    const kept = await this.lasting.list(owner, limit);
    const spare = await this.spare.list(owner, limit - kept.length);
    return [...kept, ...spare.map(({ key, value }) => ({ key: -key, value }))];
  }

  async count(owner: string): Promise<number> {
    return (await this.lasting.count(owner)) + (await this.spare.count(owner));
  }

  async remove(keys: readonly number[]): Promise<void> {
    await this.spare.remove(keys.filter((key) => key < 0).map((key) => -key));
    await this.lasting.remove(keys.filter((key) => key > 0));
  }
}
