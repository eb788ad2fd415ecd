import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, Client } from "../src/api/client";
import type { MapSnapshot, Me, WorkOrder } from "../src/api/types";
import type { Source, Surroundings } from "../src/live/stream";
import { OrderState } from "../src/pages/order/state";
import { Desk } from "../src/state/desk";
import { Session } from "../src/state/session";
import { at, order } from "./made";

const problem = (status: number) => new ApiProblem(status, { code: "x", detail: `It answered ${status}.` });

/** Answers one after the other, the last one again and again; a problem is thrown. */
function answers<T>(...given: (T | ApiProblem)[]) {
  let asked = 0;
  const call = async (): Promise<T> => {
    const answer = given[Math.min(asked, given.length - 1)]!;
    asked += 1;
    if (answer instanceof ApiProblem) throw answer;
    return answer;
  };
  return { call, asked: () => asked };
}

beforeEach(() => {
  vi.useFakeTimers();
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("document", page);
  vi.stubGlobal("window", new EventTarget());
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a desk that cannot be read", () => {
  const technicians = { free: 0, offered: 0, busy: 0, silent: 0, provider: 0, off_duty: 0 };
  const counts = { technicians, work_orders: { lead: 0, ticket: 0 } };
  const SNAPSHOT = {
    type: "FeatureCollection",
    features: [],
    server_now: at(0),
    cursor: "c1",
    truncated: false,
    clusters: [],
    counts,
    scope_counts: counts,
    past: null,
    choices: null,
  } as unknown as MapSnapshot;
  const ME = { user: { id: "u", role: "dispatcher" }, stores: [], groups: [], server_now: at(0) } as unknown as Me;

  function opened(...given: (MapSnapshot | ApiProblem)[]) {
    const listeners = new Map<string, (event: MessageEvent<string>) => void>();
    const sources: string[] = [];
    const around: Surroundings = {
      openSource: (url): Source => {
        sources.push(url);
        return { addEventListener: (type, listener) => listeners.set(type, listener), close: () => undefined };
      },
      openChannel: () => null,
      elect: (lead) => lead(),
      monotonic: () => 0,
    };
    const map = answers(...given);
    const orders: WorkOrder[] = [];
    const client = { map: map.call, openOrders: async () => [...orders], me: async () => ME } as unknown as Client;
    const desk = new Desk(ME, client, around);
    const tell = (type: string, data: unknown) =>
      listeners.get(type)?.({ data: JSON.stringify(data), lastEventId: "c2" } as MessageEvent<string>);
    return { desk, map, sources, tell };
  }

  it("says why, tries again by itself, and goes live when it was read", async () => {
    const { desk, sources } = opened(problem(503), problem(500), SNAPSHOT);
    await desk.start();
    expect([desk.problem.value, desk.loaded.value, sources]).toEqual(["It answered 503.", false, []]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(desk.problem.value).toBe("It answered 500.");
    await vi.advanceTimersByTimeAsync(2_000);
    expect([desk.problem.value, desk.loaded.value, sources.length]).toEqual([null, true, 1]);
    desk.stop();
  });

  it("does not wait when its network is back, or it is told to", async () => {
    const { desk, map } = opened(problem(0));
    await desk.start();
    vi.stubGlobal("navigator", { onLine: true });
    window.dispatchEvent(new Event("online"));
    expect(map.asked()).toBe(2);
    await desk.start();
    expect(map.asked()).toBe(3);
    desk.stop();
  });

  it("loses nothing that happens until it was read again", async () => {
    const { desk, tell } = opened(SNAPSHOT, problem(503), SNAPSHOT);
    await desk.start();
    tell("reset", {});
    await vi.advanceTimersByTimeAsync(0);
    expect(desk.problem.value).toBe("It answered 503.");
    tell("work_orders", { items: [order({ id: "late" })] });
    expect([...desk.orders.value.keys()]).toEqual([]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect([desk.problem.value, [...desk.orders.value.keys()]]).toEqual([null, ["late"]]);
    desk.stop();
  });

  it("is left alone when the page is", async () => {
    const { desk, map } = opened(problem(503));
    const starting = desk.start();
    desk.stop();
    await starting;
    await vi.advanceTimersByTimeAsync(60_000);
    expect([map.asked(), desk.problem.value]).toEqual([1, null]);
  });
});

describe("who is logged in", () => {
  const USER = { user: { name: "Rita", language: "en" }, technician_id: null } as unknown as Me;

  beforeEach(() => {
    vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
    vi.stubGlobal("location", { search: "", origin: "http://console.test" });
  });

  function session(...given: (Me | ApiProblem)[]) {
    const me = answers(...given);
    const client = { me: me.call, config: async () => ({}), logInWays: async () => null } as unknown as Client;
    return new Session(client);
  }

  it.each([0, 429, 500, 502, 503])(
    "is not known where the service answers %i: no log-in is asked for",
    async (status) => {
      const opened = session(problem(status), USER);
      await opened.start();
      expect([opened.me.value, opened.unreachable.value]).toEqual([undefined, problem(status).message]);
      await opened.start();
      expect([opened.me.value, opened.unreachable.value]).toEqual([USER, null]);
    },
  );

  it("is no user where the service says so", async () => {
    const opened = session(problem(503), problem(401));
    await opened.start();
    await opened.start();
    expect([opened.me.value, opened.unreachable.value]).toEqual([null, null]);
  });
});

describe("a work order's page", () => {
  it("says that what belongs to the order could not be read, until it was", async () => {
    const story = answers<unknown>(problem(500), { data: { items: [], next_cursor: null } });
    const api = { GET: (path: string) => (path.endsWith("/events") ? story.call() : Promise.resolve({})) };
    const client = { api, order: async () => order({ version: 2 }) } as unknown as Client;
    const desk = { orders: { value: new Map() } } as unknown as Desk;
    const state = new OrderState(client, desk);
    const leave = state.open("order-1");
    await vi.advanceTimersByTimeAsync(0);
    expect([state.order.value?.version, state.incomplete.value, state.failed.value]).toEqual([
      2,
      "It answered 500.",
      null,
    ]);
    await state.load();
    expect(state.incomplete.value).toBeNull();
    leave();
  });
});

describe("the log-in page of a network in between", () => {
  it("is no answer of the service, though it says 200", async () => {
    const page = new Response("<html>", { status: 200, headers: { "Content-Type": "text/html; charset=utf-8" } });
    vi.stubGlobal("fetch", async () => page);
    const failed = await new Client("http://console.test").me().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ApiProblem);
    expect((failed as ApiProblem).status).toBe(0);
  });
});
