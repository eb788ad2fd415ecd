import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiProblem } from "../../src/api/client";
import type { Tagged } from "../../src/app/api/calls";
import { WaitingCall } from "../../src/app/api/waiting";
import { problem } from "./made";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A call that is answered by these, one after the other, and then waits for ever. */
function calling(...answers: (Tagged<string> | ApiProblem)[]) {
  const told: unknown[] = [];
  const ask = async (): Promise<Tagged<string>> => {
    const answer = answers.shift();
    if (answer === undefined) return new Promise(() => {});
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const call = new WaitingCall<string>(
    ask,
    (news) => void told.push(news),
    (trouble) => told.push(trouble === null ? "over" : trouble.status),
  );
  call.start();
  return { call, told };
}

const news = (answer: string): Tagged<string> => ({ answer, etag: answer });

describe("a call that waits for news", () => {
  it("tells what goes wrong each time, and once when it is over", async () => {
    const { call, told } = calling(problem(503), problem(500), news("a"), null, news("b"));
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual([503, 500, "over", "a", "b"]);
    call.stop();
  });

  it.each([
    ["news", news("a"), ["a"]],
    ["nothing new", null, []],
  ])("tells of no trouble where there is none: %s", async (_, answer, expected) => {
    const { call, told } = calling(answer);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(told).toEqual(expected);
    call.stop();
  });
});
