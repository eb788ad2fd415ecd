import "fake-indexeddb/auto";
import { beforeEach, describe, expect, test } from "vitest";
import { MemoryShelf, type Shelf, ShelfWithSpare } from "../../src/app/kept/shelves";
import { openStore, type Store, storeInMemory } from "../../src/app/kept/store";
import { PositionBuffer } from "../../src/app/positions/buffer";
import type { Fix } from "../../src/app/positions/fix";
import { PositionSender, type Send } from "../../src/app/positions/sender";
import { fix, problem } from "./made";

const places = (fixes: readonly { lat: number }[]) => fixes.map(({ lat }) => Math.round((lat - 41.15) * 10_000));
const accepted = (count: number) => Array.from({ length: count }, (_, index) => ({ index, verdict: "accepted" }));
const told = { onSettled: () => {}, onInterval: () => {}, onStopped: () => {} };

async function filled(shelf: Shelf<Fix>, count: number): Promise<PositionBuffer> {
  const buffer = new PositionBuffer(shelf, "ana");
  for (let place = 0; place < count; place += 1) await buffer.add(fix(place));
  return buffer;
}

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

describe.each([
  ["in the browser's database", openStore],
  ["in memory", async () => storeInMemory()],
] as [string, () => Promise<Store>][])("positions kept %s", (_name, open) => {
  test("are given out in the order in which they came, and go only with their verdict", async () => {
    const buffer = await filled((await open()).fixes, 7);
    const batch = await buffer.batch(4);
    expect(places(batch.map(({ value }) => value))).toEqual([0, 1, 2, 3]);
    const settled = await buffer.settle(batch, [
      { index: 0, verdict: "accepted" },
      { index: 1, verdict: "late" },
      { index: 2, verdict: "rejected", reason: "off_duty" },
      { index: 3, verdict: "thought about" },
      { index: 9, verdict: "accepted" },
    ]);
    expect([settled.taken, [...settled.refusals]]).toEqual([2, ["off_duty"]]);
    expect(places((await buffer.batch(100)).map(({ value }) => value))).toEqual([3, 4, 5, 6]);
  });

  test("are of one technician only", async () => {
    const { fixes } = await open();
    const buffer = await filled(fixes, 2);
    await fixes.add(fix(5, { owner: "bruno" }));
    expect([await buffer.count(), await fixes.count("bruno")]).toEqual([2, 1]);
    await buffer.settle(await buffer.batch(500), accepted(500));
    expect([await buffer.count(), await fixes.count("bruno")]).toEqual([0, 1]);
  });

  test.each([1, 3, 500])("are sent completely, %d at once, oldest first", async (most) => {
    const buffer = await filled((await open()).fixes, 8);
    const calls: number[][] = [];
    const send: Send = async (positions) => {
      calls.push(places(positions));
      return { results: accepted(positions.length), next_interval_s: 30 };
    };
    await new PositionSender(buffer, send, told, most).flush();
    expect(calls.flat()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(Math.max(...calls.map(({ length }) => length))).toBeLessThanOrEqual(most);
    expect(await buffer.count()).toBe(0);
  });
});

test("positions outlive the page", async () => {
  await filled((await openStore()).fixes, 3);
  const again = new PositionBuffer((await openStore()).fixes, "ana");
  expect(places((await again.batch(10)).map(({ value }) => value))).toEqual([0, 1, 2]);
});

test("a browser without a database keeps them in memory, and that is told", async () => {
  const broken = {
    open: () => {
      throw new DOMException("no", "SecurityError");
    },
  } as unknown as IDBFactory;
  globalThis.indexedDB = broken;
  const store = await openStore();
  expect(store.lasting.value).toBe(false);
  expect(await (await filled(store.fixes, 2)).count()).toBe(2);
});

test("a full database leaves the newest in memory, after those that it has", async () => {
  const kept = new MemoryShelf<Fix>();
  let full = false;
  let told_full = false;
  const limited: Shelf<Fix> = {
    add: (value) => (full ? Promise.reject(new DOMException("full", "QuotaExceededError")) : kept.add(value)),
    list: (owner, limit) => kept.list(owner, limit),
    count: (owner) => kept.count(owner),
    remove: (keys) => kept.remove(keys),
  };
  const buffer = await filled(new ShelfWithSpare(limited, () => (told_full = true)), 2);
  full = true;
  await buffer.add(fix(2));
  await buffer.add(fix(3));
  const batch = await buffer.batch(3);
  expect([told_full, places(batch.map(({ value }) => value))]).toEqual([true, [0, 1, 2]]);
  await buffer.settle(batch, accepted(3));
  expect(places((await buffer.batch(9)).map(({ value }) => value))).toEqual([3]);
});

test("what did not get through is sent again, and nothing twice at once", async () => {
  const buffer = await filled(storeInMemory().fixes, 3);
  let online = false;
  const calls: number[][] = [];
  const sender = new PositionSender(
    buffer,
    async (positions) => {
      calls.push(places(positions));
      if (!online) throw problem(0, "unreachable");
      return { results: accepted(positions.length), next_interval_s: 30 };
    },
    told,
  );
  await Promise.all([sender.flush(), sender.flush()]);
  expect([calls.length, await buffer.count()]).toEqual([1, 3]);
  online = true;
  await sender.flush();
  sender.stop();
  expect([calls.at(-1), await buffer.count()]).toEqual([[0, 1, 2], 0]);
});

test.each([413, 422])("a position that nothing can be made of (%d) costs no other", async (status) => {
  const buffer = await filled(storeInMemory().fixes, 5);
  const sent: number[] = [];
  const send: Send = async (positions) => {
    const wanted = places(positions);
    if (wanted.includes(2)) throw problem(status);
    sent.push(...wanted);
    return { results: accepted(positions.length), next_interval_s: 30 };
  };
  await new PositionSender(buffer, send, told).flush();
  expect([sent, await buffer.count()]).toEqual([[0, 1, 3, 4], 0]);
});

test.each([401, 403, 404])("positions stay where their user is not let in (%d)", async (status) => {
  const buffer = await filled(storeInMemory().fixes, 2);
  let stopped = 0;
  const sender = new PositionSender(buffer, () => Promise.reject(problem(status)), {
    ...told,
    onStopped: () => (stopped += 1),
  });
  await sender.flush();
  expect([stopped, await buffer.count()]).toEqual([1, 2]);
});

test("an answer that judges nothing is not asked for again at once", async () => {
  const buffer = await filled(storeInMemory().fixes, 2);
  let calls = 0;
  const send: Send = async () => {
    calls += 1;
    return { results: [], next_interval_s: 30 };
  };
  await new PositionSender(buffer, send, told).flush();
  expect([calls, await buffer.count()]).toEqual([1, 2]);
});
