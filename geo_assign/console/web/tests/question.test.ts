import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { ApiProblem, type Client } from "../src/api/client";
import type { Nearest, WorkOrder } from "../src/api/types";
import { Question } from "../src/state/question";
import { at, NOON, nearest, offerTo, order, taken } from "./made";

function question(client: Partial<Client>, cut = signal(false)) {
  const taken: WorkOrder[] = [];
  const said: string[] = [];
  const made = new Question({
    client: { nearest: () => Promise.resolve(nearest(["ana", "rui"])), ...client } as Client,
    now: () => NOON,
    isCut: () => cut.value,
    onOrder: (each) => taken.push(each),
    onGiven: (_, { name }, mode) => said.push(`${mode} ${name}`),
    announce: (text) => said.push(text),
  });
  return { question: made, taken, said };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));

describe("who can take it", () => {
  it("chooses the first until another is chosen", async () => {
    const { question: asked } = question({});
    asked.open(order());
    await settled();
    expect(asked.chosen.value!.technician_id).toBe("ana");
    asked.chooseRank(2);
    expect(asked.chosen.value!.technician_id).toBe("rui");
    asked.chooseRank(5);
    expect(asked.chosen.value!.technician_id).toBe("rui");
  });

  it("asks anew for what comes first, once", async () => {
    const ask = vi.fn((_id: string, _limit: number, { rank_by }: { rank_by?: string | null } = {}) =>
      Promise.resolve(nearest(rank_by === "drive_time" ? ["rui", "ana"] : ["ana", "rui"])),
    );
    const { question: asked } = question({ nearest: ask });
    asked.open(order());
    await settled();
    asked.rank(null);
    asked.rank("drive_time");
    asked.rank("drive_time");
    await settled();
    expect(asked.candidates.value.map((each) => each.technician_id)).toEqual(["rui", "ana"]);
    expect(ask.mock.calls.map(([, , how]) => how?.rank_by)).toEqual([null, "drive_time"]);
  });

  it("drops an answer for an order that is no longer open", async () => {
    const answers: ((answer: Nearest) => void)[] = [];
    const { question: asked } = question({ nearest: () => new Promise((resolve) => answers.push(resolve)) });
    asked.open(order());
    asked.open(order({ id: "order-2" }));
    await vi.waitFor(() => expect(answers).toHaveLength(2));
    answers[1]!(nearest(["bea"]));
    answers[0]!(nearest(["ana"]));
    await settled();
    expect(asked.candidates.value.map((each) => each.technician_id)).toEqual(["bea"]);
  });

  it("asks nothing about an order without a place, and gives away nothing that is taken", async () => {
    const ask = vi.fn(() => Promise.resolve(nearest(["ana"])));
    const assign = vi.fn();
    const { question: asked } = question({ nearest: ask, assign });
    asked.open(order({ location: null }));
    expect(ask).not.toHaveBeenCalled();
    asked.open(order({ id: "order-2" }));
    await settled();
    asked.open(taken(order({ id: "order-2" }), "Bea"));
    await asked.give("offer");
    expect(assign).not.toHaveBeenCalled();
  });

  it("gives nothing away without a connection, by no key and no button, and all again with one", async () => {
    const cut = signal(false);
    const assign = vi.fn(() => Promise.resolve(order({ version: 2 })));
    const { question: asked } = question({ assign }, cut);
    asked.open(order());
    await settled();
    expect(asked.armed.value).toBe(true);
    cut.value = true;
    expect([asked.armed.value, asked.held.value]).toEqual([false, true]);
    for (const mode of ["offer", "assign"] as const) {
      await asked.giveByKey(mode);
      await asked.give(mode);
    }
    expect(assign).not.toHaveBeenCalled();
    cut.value = false;
    await asked.giveByKey("offer");
    expect(assign).toHaveBeenCalledOnce();
  });

  it("shows nothing as given before the service says so", async () => {
    let answer: (after: WorkOrder) => void = () => {};
    const {
      question: asked,
      taken: given,
      said,
    } = question({ assign: () => new Promise((resolve) => (answer = resolve)) });
    asked.open(order());
    await settled();
    const giving = asked.give("offer");
    expect(asked.giving.value).toEqual({ technicianId: "ana", mode: "offer" });
    expect(given).toEqual([]);
    answer(order({ state: "offered", bucket: "being_offered", version: 2 }));
    await giving;
    expect(asked.giving.value).toBeNull();
    expect(given).toHaveLength(1);
    expect(said).toEqual(["offer ana"]);
  });

  it("turns a refusal into an answer in the row, and takes the order as it is now", async () => {
    const current = taken(order(), "Bea Nunes");
    const changed_by = { kind: "user" as const, id: "m", name: "Marta Castro" };
    const refused = new ApiProblem(412, { changed_by, changed_at: null, assignee: current.assignee });
    const { question: asked, taken: given } = question({
      assign: () => Promise.reject(refused),
      order: () => Promise.resolve(current),
    });
    asked.open(order());
    await settled();
    await asked.give("assign");
    await settled();
    expect(asked.answers.value.get("ana")).toBe("Marta Castro gave it to Bea Nunes meanwhile.");
    expect(given).toEqual([current]);
    // It stays, though the order is another's by now and the ranking is gone.
    asked.open(current);
    expect(asked.notice.value).toBe("Marta Castro gave it to Bea Nunes meanwhile.");
    asked.open(order({ id: "order-2" }));
    expect(asked.notice.value).toBeNull();
  });

  it("keeps the pick when the slot of an order that is offered moves, and gives nothing twice", async () => {
    const asap = order();
    const offered = (id: string) =>
      order({
        state: "offered",
        bucket: "being_offered",
        version: 2,
        slot: { start: at(61), end: at(121) },
        offer: offerTo(id, at(10)),
      });
    const assign = vi.fn(() => Promise.resolve(offered("rui")));
    const { question: asked, taken: arrived } = question({ assign });
    asked.open(asap);
    await settled();
    asked.chooseRank(2);
    await asked.giveByKey("offer");
    asked.open(arrived[0]!);
    await settled();
    expect(asked.chosen.value!.technician_id).toBe("rui");
    for (const mode of ["offer", "assign", "offer"] as const) await asked.giveByKey(mode);
    await asked.give("offer");
    expect(assign).toHaveBeenCalledTimes(1);
    expect(asked.armed.value).toBe(false);
  });

  it.each(["offer", "assign"] as const)(
    "gives by %s to another than the one who is asked only by its own button",
    async (mode) => {
      const assign = vi.fn(() => Promise.resolve(order({ version: 3 })));
      const { question: asked } = question({ assign });
      asked.open(order({ state: "offered", bucket: "being_offered", offer: offerTo("ana", at(9)) }));
      await settled();
      expect(asked.chosenInstead.value).toBe(false);
      asked.chooseRank(2);
      expect(asked.chosenInstead.value).toBe(true);
      await asked.giveByKey(mode);
      expect(assign).not.toHaveBeenCalled();
      await asked.give(mode);
      expect(assign).toHaveBeenCalledWith(expect.anything(), "rui", mode, []);
    },
  );

  it("keeps the one chosen at first when another comes nearer, and says when the chosen one is gone", async () => {
    let answer = nearest(["ana", "rui"]);
    const { question: asked } = question({ nearest: () => Promise.resolve(answer) });
    asked.open(order());
    await settled();
    answer = nearest(["rui", "ana"]);
    await asked.ask();
    asked.showWaiting();
    expect(asked.chosen.value!.technician_id).toBe("ana");
    answer = nearest(["rui"]);
    await asked.ask();
    asked.showWaiting();
    expect([asked.chosen.value, asked.armed.value]).toEqual([null, false]);
  });

  it("asks once about orders that are passed by, and about the last of them", async () => {
    vi.useFakeTimers();
    try {
      const ask = vi.fn((_id: string) => Promise.resolve(nearest(["ana"])));
      const { question: asked } = question({ nearest: ask });
      for (let step = 0; step < 30; step++) {
        asked.open(order({ id: `order-${step}` }));
        await vi.advanceTimersByTimeAsync(30);
      }
      await vi.advanceTimersByTimeAsync(1_000);
      expect(ask.mock.calls.map(([id]) => id)).toEqual(["order-0", "order-29"]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("ignores keys for a moment on an order that opened by itself", async () => {
    const assign = vi.fn(() => Promise.resolve(order({ version: 2 })));
    const { question: asked } = question({ assign });
    asked.open(order());
    await settled();
    asked.disarm();
    await asked.giveByKey("assign");
    expect(assign).not.toHaveBeenCalled();
    await asked.give("assign");
    expect(assign).toHaveBeenCalledTimes(1);
  });

  it("sends the crew that was ticked, without the one who leads", async () => {
    const assign = vi.fn(() => Promise.resolve(order({ version: 2 })));
    const { question: asked } = question({ assign, nearest: () => Promise.resolve(nearest(["ana", "rui", "bea"])) });
    asked.open(order());
    await settled();
    for (const id of ["bea", "rui", "ana", "rui"]) asked.toggleAlong(id);
    await asked.give("offer");
    expect(assign).toHaveBeenCalledWith(expect.anything(), "ana", "offer", ["bea"]);
  });

  it("takes work that a technician has to another one only where that was asked for, with the reason", async () => {
    const reallocate = vi.fn(() => Promise.resolve(taken(order(), "rui", { version: 5 })));
    const { question: asked } = question({ reallocate });
    const mine = taken(order(), "Bea");
    asked.open(mine);
    await asked.give("assign");
    expect(reallocate).not.toHaveBeenCalled();
    asked.replace(true);
    await settled();
    asked.chooseRank(2);
    // No key gives it without the reason.
    await asked.giveByKey("offer");
    expect(reallocate).not.toHaveBeenCalled();
    asked.reason.value = " van broke down ";
    await asked.giveByKey("offer");
    expect(reallocate).toHaveBeenCalledWith(mine, "rui", "assign", "van broke down");
    expect(asked.replacing.value).toBe(false);
  });
});
