/** The app's database in the browser. Where there is none, as in some private windows, everything is held in memory. */
import { type Signal, signal } from "@preact/signals";
import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import type { Fix } from "../positions/fix";
import type { Notice, Update } from "../updates/update";
import { MemoryShelf, type Owned, type Row, type Shelf, ShelfWithSpare } from "./shelves";

const NAME = "geo-assign-app";
const VERSION = 1;
const SHELVES = ["fixes", "updates", "notices"] as const;

interface Schema extends DBSchema {
  fixes: { key: number; value: Fix; indexes: { owner: string } };
  updates: { key: number; value: Update; indexes: { owner: string } };
  notices: { key: number; value: Notice; indexes: { owner: string } };
  /** The last answers of the service, so that the app can be opened without a network. */
  answers: { key: string; value: unknown };
}

export interface Answers {
  read<T>(name: string): Promise<T | undefined>;
  write(name: string, value: unknown): Promise<void>;
  clear(): Promise<void>;
}

export interface Store {
  fixes: Shelf<Fix>;
  updates: Shelf<Update>;
  notices: Shelf<Notice>;
  answers: Answers;
  /** Whether what is kept survives the page. */
  lasting: Signal<boolean>;
}

/** Open the database, and ask the browser not to throw it away when the phone is full. */
export async function openStore(): Promise<Store> {
  try {
    const database = await openDB<Schema>(NAME, VERSION, {
      upgrade(opened) {
        for (const name of SHELVES) {
          opened.createObjectStore(name, { autoIncrement: true }).createIndex("owner", "owner");
        }
        opened.createObjectStore("answers");
      },
    });
    void globalThis.navigator?.storage?.persist?.().catch(() => false);
    return storeIn(database);
  } catch (error) {
    console.warn(error instanceof Error ? error.message : error);
    return storeInMemory();
  }
}

export function storeInMemory(): Store {
  const kept = new Map<string, unknown>();
  return {
    fixes: new MemoryShelf(),
    updates: new MemoryShelf(),
    notices: new MemoryShelf(),
    answers: {
      read: async <T>(name: string) => kept.get(name) as T | undefined,
      write: async (name, value) => void kept.set(name, value),
      clear: async () => kept.clear(),
    },
    lasting: signal(false),
  };
}

function storeIn(database: IDBPDatabase<Schema>): Store {
  const lasting = signal(true);
  const onFull = () => {
    lasting.value = false;
  };
  return {
    fixes: new ShelfWithSpare(new DatabaseShelf<Fix>(database, "fixes"), onFull),
    updates: new ShelfWithSpare(new DatabaseShelf<Update>(database, "updates"), onFull),
    notices: new ShelfWithSpare(new DatabaseShelf<Notice>(database, "notices"), onFull),
    answers: {
      read: async <T>(name: string) => (await database.get("answers", name)) as T | undefined,
      // Not worth an error: without it the app only cannot be opened without a network.
      write: async (name, value) => void (await database.put("answers", value, name).catch(onFull)),
      clear: () => database.clear("answers"),
    },
    lasting,
  };
}

class DatabaseShelf<V extends Owned & (Fix | Update | Notice)> implements Shelf<V> {
  constructor(
    private readonly database: IDBPDatabase<Schema>,
    private readonly name: (typeof SHELVES)[number],
  ) {}

  add(value: V): Promise<number> {
    return this.database.add(this.name, value);
  }

  /** Rows of one index entry come in the order of their keys. */
  async list(owner: string, limit = Number.POSITIVE_INFINITY): Promise<Row<V>[]> {
    if (limit <= 0) return [];
    const most = Number.isFinite(limit) ? limit : undefined;
    const index = this.database.transaction(this.name).store.index("owner");
    const [keys, values] = await Promise.all([index.getAllKeys(owner, most), index.getAll(owner, most)]);
    return keys.map((key, place) => ({ key, value: values[place] as V }));
  }

  count(owner: string): Promise<number> {
    return this.database.countFromIndex(this.name, "owner", owner);
  }

  async remove(keys: readonly number[]): Promise<void> {
    const transaction = this.database.transaction(this.name, "readwrite");
    await Promise.all([...keys.map((key) => transaction.store.delete(key)), transaction.done]);
  }
}
