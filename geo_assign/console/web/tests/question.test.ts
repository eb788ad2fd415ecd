import { describe, expect, it, vi } from "vitest";
import { ApiProblem, type Client } from "../src/api/client";
import type { Nearest, WorkOrder } from "../src/api/types";
import { Question } from "../src/state/question";
import { NOON, nearest, order, taken } from "./made";

function question(client: Partial<Client>) {
  const taken: WorkOrder[] = [];
  const said: string[] = [];
  const made = new Question({
    client: { nearest: () => Promise.resolve(nearest(["ana", "rui"])), ...client } as Client,
    now: () => NOON,
    onOrder: (each) => taken.push(each),
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

  it("drops an answer for an order that is no longer open", async () => {
    const answers: ((answer: Nearest) => void)[] = [];
    const { question: asked } = question({ nearest: () => new Promise((resolve) => answers.push(resolve)) });
    asked.open(order());
    asked.open(order({ id: "order-2" }));
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
    expect(said).toEqual(["Offered to ana."]);
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
  });
});
