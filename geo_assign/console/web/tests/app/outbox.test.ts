import "fake-indexeddb/auto";
import { beforeEach, expect, test } from "vitest";
import { openStore } from "../../src/app/kept/store";
import { Outbox, type SendUpdate } from "../../src/app/updates/outbox";
import { outcomeOf, stateAfter, type Update } from "../../src/app/updates/update";
import { photo, problem, START, step } from "./made";

beforeEach(() => {
  globalThis.indexedDB = new IDBFactory();
});

interface Answers {
  [id: string]: { status: number; code?: string; state?: string };
}

/** An outbox whose service answers by the update's id; what it does not name is taken. */
async function opened(answers: Answers = {}) {
  const sent: string[] = [];
  const send: SendUpdate = async (update) => {
    const answer = answers[update.id];
    if (answer) throw problem(answer.status, answer.code, answer.state ? { state: answer.state } : {});
    sent.push(update.id);
  };
  const { updates, notices } = await openStore();
  const outbox = new Outbox(updates, notices, "ana", send, () => START);
  await outbox.open();
  return { outbox, sent, answers, updates };
}

/** As without a network: everything is kept before anything is sent. */
async function addAll({ outbox, updates }: Awaited<ReturnType<typeof opened>>, done: readonly Update[]): Promise<void> {
  for (const update of done) await updates.add(update);
  await outbox.open();
  await outbox.flush();
}

const ids = (outbox: Outbox) => outbox.waiting.value.map(({ id }) => id);
const words = (outbox: Outbox) => outbox.notices.value.map(({ value }) => [value.number, value.why, value.count]);

test("what was done is sent in its order", async () => {
  const given = await opened();
  const { outbox, sent } = given;
  await addAll(given, [step("travelling"), step("on_site"), photo("p1"), step("completed")]);
  expect(sent).toEqual(["w1-travelling", "w1-on_site", "p1", "w1-completed"]);
  expect([ids(outbox), words(outbox)]).toEqual([[], []]);
});

test.each([0, 408, 429, 500, 503])(
  "nothing overtakes what does not get through (%d), and it goes later",
  async (status) => {
    const given = await opened({ "w1-travelling": { status } });
    const { outbox, sent, answers } = given;
    await addAll(given, [step("travelling"), step("on_site"), step("travelling", "w2")]);
    expect([sent, ids(outbox)]).toEqual([[], ["w1-travelling", "w1-on_site", "w2-travelling"]]);
    delete answers["w1-travelling"];
    await outbox.flush();
    outbox.stop();
    expect(sent).toEqual(["w1-travelling", "w1-on_site", "w2-travelling"]);
  },
);

test("what waits outlives the page", async () => {
  const first = await opened({ "w1-travelling": { status: 0 } });
  await addAll(first, [step("travelling"), photo("p1")]);
  first.outbox.stop();
  const second = await opened();
  expect(ids(second.outbox)).toEqual(["w1-travelling", "p1"]);
  await second.outbox.flush();
  expect(second.sent).toEqual(["w1-travelling", "p1"]);
});

test("work that was reassigned meanwhile is told once, with all that hung on it, and other work goes on", async () => {
  const given = await opened({ "w1-travelling": { status: 404, code: "work_order_not_found" } });
  const { outbox, sent } = given;
  await addAll(given, [step("travelling"), step("on_site"), photo("p1"), step("travelling", "w2")]);
  expect([sent, ids(outbox)]).toEqual([["w2-travelling"], []]);
  expect(words(outbox)).toEqual([["w1", "reassigned", 3]]);
  const again = await opened();
  expect(words(again.outbox)).toEqual([["w1", "reassigned", 3]]);
  await again.outbox.dismiss(again.outbox.notices.value[0]!.key);
  expect(words((await opened()).outbox)).toEqual([]);
});

test("a photo too many costs no step", async () => {
  const given = await opened({ p1: { status: 409, code: "too_many_photos" } });
  const { outbox, sent } = given;
  await addAll(given, [photo("p1"), step("completed")]);
  expect([sent, words(outbox)]).toEqual([["w1-completed"], [["w1", "too_many_photos", 1]]]);
});

test("a log-in that ended keeps everything, and is said", async () => {
  const { outbox } = await opened({ "w1-travelling": { status: 401 } });
  let asked = 0;
  outbox.onLogInNeeded = () => (asked += 1);
  await outbox.add(step("travelling"));
  await outbox.flush();
  expect(asked).toBeGreaterThan(0);
  expect(ids(outbox)).toEqual(["w1-travelling"]);
});

test("what was not sent yet can be taken back, and another technician's is not seen", async () => {
  const { outbox, updates } = await opened({ p1: { status: 0 } });
  await updates.add({ ...step("travelling", "w9", "bruno") });
  await outbox.add(photo("p1"));
  await outbox.flush();
  expect(ids(outbox)).toEqual(["p1"]);
  expect([await outbox.takeBack("p1"), await outbox.takeBack("p1")]).toEqual([true, false]);
  outbox.stop();
  expect([ids(outbox), await updates.count("bruno")]).toEqual([[], 1]);
});

test.each([
  [404, "work_order_not_found", undefined, "reassigned"],
  [403, "forbidden", undefined, "not_leading"],
  [409, "work_order_state", "cancelled", "cancelled"],
  [409, "work_order_state", "converted", "cancelled"],
  [409, "work_order_state", "completed", "completed"],
  [409, "work_order_state", "in_progress", "too_late"],
  [409, "work_order_state", "pending", "reassigned"],
  [409, "too_many_photos", undefined, "too_many_photos"],
  [422, "image_unreadable", undefined, "unreadable"],
  [413, "body_too_large", undefined, "unreadable"],
  [422, "invalid_request", undefined, "refused"],
] as const)("%d %s (%s) means %s", (status, code, state, why) => {
  expect(outcomeOf({ status, code, state })).toEqual({ name: "lost", why });
});

test("a work order stands where its last waiting step leads", () => {
  const waiting = [step("travelling"), photo("p1"), step("on_site"), step("completed", "w2")];
  expect(stateAfter("assigned", "w1", waiting)).toBe("on_site");
  expect(stateAfter("assigned", "w2", waiting)).toBe("completed");
  expect(stateAfter("assigned", "w3", waiting)).toBe("assigned");
});
