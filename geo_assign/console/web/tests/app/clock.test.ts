import { expect, test } from "vitest";
import { PhoneClock } from "../../src/app/clock";

class Hands {
  wallMs = Date.parse("2026-11-30T10:00:00Z");
  monotonicMs = 5_000;
  wall = () => this.wallMs;
  monotonic = () => this.monotonicMs;

  pass(ms: number, { asleep = false } = {}): void {
    this.wallMs += ms;
    if (!asleep) this.monotonicMs += ms;
  }
}

const iso = (ms: number) => new Date(ms).toISOString();

test.each([0, 40_000, -7 * 60_000, 3 * 3_600_000])(
  "a phone that is wrong by %d ms tells the server's time",
  (wrong) => {
    const hands = new Hands();
    const clock = new PhoneClock(0, hands);
    clock.sync(iso(hands.wallMs + wrong));
    hands.pass(61_000);
    expect(clock.now()).toBe(hands.wallMs + wrong);
    expect(new PhoneClock(clock.offset, hands).now()).toBe(hands.wallMs + wrong);
  },
);

test("a phone that slept goes on with its wall clock", () => {
  const hands = new Hands();
  const clock = new PhoneClock(0, hands);
  clock.sync(iso(hands.wallMs));
  hands.pass(8 * 3_600_000, { asleep: true });
  expect(iso(clock.now())).toBe("2026-11-30T18:00:00.000Z");
});

test.each([2_000, 60_000, 86_400_000])("a wall clock that is set back by %d ms moves no time", (back) => {
  const hands = new Hands();
  const clock = new PhoneClock(0, hands);
  clock.sync(iso(hands.wallMs));
  hands.pass(10_000);
  const before = clock.now();
  hands.wallMs -= back;
  expect(clock.now()).toBe(before);
});

test("what a phone measured is told by the server's clock, and never as of the future", () => {
  const hands = new Hands();
  const clock = new PhoneClock(0, hands);
  clock.sync(iso(hands.wallMs + 120_000));
  expect(clock.at(hands.wallMs - 4_000)).toBe(hands.wallMs + 116_000);
  expect(clock.at(hands.wallMs + 9_000)).toBe(clock.now());
});

test("a time that cannot be read changes nothing", () => {
  const hands = new Hands();
  const clock = new PhoneClock(1_000, hands);
  clock.sync("soon");
  expect(clock.offset).toBe(1_000);
});
