import { expect, test, vi } from "vitest";
import { ApiProblem, type Client } from "../src/api/client";
import { Session } from "../src/state/session";

vi.stubGlobal("localStorage", { getItem: () => null, setItem: () => undefined });
vi.stubGlobal("location", { search: "" });
const ME = { user: { id: "rita", name: "Rita", language: "en" }, technician_id: null };
const refused = () => Promise.reject(new ApiProblem(401, { code: "unauthenticated", detail: "Log in." }));

async function started(config: () => Promise<unknown>, me: () => Promise<unknown>) {
  const asked = vi.fn(me);
  const session = new Session({
    config,
    me: asked,
    logInWays: refused,
    writeTo: async () => undefined,
  } as unknown as Client);
  await session.start();
  return { me: session.me.value, unreachable: session.unreachable.value, asked: asked.mock.calls.length };
}

test.each([
  ["there is a session", async () => ({ has_session: true }), async () => ME, ME, 1],
  ["it has ended", async () => ({ has_session: true }), refused, null, 1],
  ["there is none", async () => ({ has_session: false }), refused, null, 0],
  ["that is not told", async () => ({}), async () => ME, ME, 1],
  ["the configuration cannot be read", () => Promise.reject(new Error("offline")), async () => ME, ME, 1],
])("who is logged in where %s", async (_name, config, me, found, times) => {
  expect(await started(config, me)).toEqual({ me: found, unreachable: null, asked: times });
});

test("a service that does not say who is logged in is unreachable, not a reason to log in", async () => {
  const down = () => Promise.reject(new ApiProblem(503, { code: "overloaded", detail: "Too much." }));
  const { me, unreachable } = await started(async () => ({ has_session: true }), down);
  expect([me, unreachable]).toEqual([undefined, "Too much."]);
});
