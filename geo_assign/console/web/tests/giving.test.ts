import { describe, expect, it, vi } from "vitest";
import { ApiProblem, type Client } from "../src/api/client";
import { Giving, TOLD_MS } from "../src/state/giving";
import { NOON, order, taken } from "./made";

function giving(client: Partial<Client>) {
  const happened: string[] = [];
  let now = NOON;
  const made = new Giving({
    client: { order: () => Promise.resolve(order({ version: 9 })), ...client } as Client,
    now: () => now,
    onOrder: ({ version }) => happened.push(`version ${version}`),
    announce: (text) => happened.push(text),
    openNext: (id) => happened.push(`next after ${id}`),
    open: (id) => happened.push(`open ${id}`),
  });
  const later = (ms: number) => {
    now += ms;
    made.tick(now);
  };
  return { giving: made, happened, later };
}

const ANA = { technician_id: "ana", name: "Ana" };

describe("after an order was given", () => {
  it("opens the next after an assignment, and stays with an offer", () => {
    const { giving: given, happened } = giving({});
    given.given(order(), ANA, "offer");
    given.given(order(), ANA, "assign");
    expect(happened).toEqual(["L-1 offered to Ana.", "L-1 assigned to Ana.", "next after order-1"]);
    given.given(order(), ANA, "assign", true);
    expect(happened.slice(3)).toEqual(["L-1 assigned to Ana."]);
  });

  it("can be taken back for ten seconds, once", async () => {
    const undo = vi.fn(() => Promise.resolve(order({ version: 3 })));
    const { giving: given, happened, later } = giving({ undo });
    given.given(taken(order(), "Ana"), ANA, "assign");
    later(TOLD_MS - 1);
    expect(given.canUndo.value).toBe(true);
    await Promise.all([given.undo(), given.undo()]);
    expect(undo).toHaveBeenCalledTimes(1);
    expect(happened.slice(2)).toEqual(["version 3", "L-1: taken back.", "open order-1"]);
    expect(given.canUndo.value).toBe(false);
    later(TOLD_MS);
    expect(given.told.value).toBeNull();
  });

  it.each([
    ["nothing_to_undo", undefined, "There is nothing to undo."],
    ["undo_refused", "Ana has answered (accepted).", "Ana has answered (accepted)."],
  ])("says why it cannot be taken back any more: %s", async (code, detail, told) => {
    const { giving: given, happened } = giving({
      undo: () => Promise.reject(new ApiProblem(409, { code, ...(detail ? { detail } : {}) })),
    });
    given.given(order(), ANA, "offer");
    await given.undo();
    expect(given.told.value).toMatchObject({ text: told, orderId: null });
    expect(happened.at(-1)).toBe("version 9");
  });

  it("takes an order from its technician, and says who was faster where it cannot", async () => {
    const unassign = vi.fn(() => Promise.resolve(order({ version: 4 })));
    const { giving: given, happened } = giving({ unassign });
    await given.unassign(taken(order(), "Ana"));
    expect(happened).toEqual(["version 4", "L-1 has no technician now."]);
    unassign.mockRejectedValueOnce(
      new ApiProblem(412, { changed_by: { kind: "user", id: "m", name: "Marta" }, state: "cancelled" } as never),
    );
    await given.unassign(taken(order(), "Ana"));
    expect(given.problem.value).toBe("Marta cancelled it meanwhile.");
  });
});
