import { describe, expect, it } from "vitest";
import { ageSeconds, remaining, ServerClock } from "../src/model/clock";
import { at, NOON } from "./made";

describe("the server's clock", () => {
  it("counts on with the monotonic clock, whatever the computer's clock says", () => {
    let ticks = 5_000;
    const clock = new ServerClock(() => ticks);
    clock.sync(at(0));
    ticks += 1_500;
    expect(clock.now()).toBe(NOON + 1_500);
  });

  it("takes the newest message as the truth and ignores one it cannot read", () => {
    const clock = new ServerClock(() => 0);
    clock.sync(at(0));
    clock.sync("yesterday or so");
    expect(clock.now()).toBe(NOON);
    clock.sync(at(-1));
    expect(clock.now()).toBe(NOON - 60_000);
  });
});

describe("an age", () => {
  it("is unknown when the time is unknown, never now", () => {
    expect(ageSeconds(null, NOON)).toBeNull();
    expect(ageSeconds("not a time", NOON)).toBeNull();
  });

  it("is never negative", () => {
    expect(ageSeconds(at(1), NOON)).toBe(0);
    expect(ageSeconds(at(-1), NOON)).toBe(60);
  });
});

describe("what is left of an offer", () => {
  const offer = { offered_at: at(-5), expires_at: at(5) };

  it("counts down to the deadline on the server's clock", () => {
    expect(remaining(offer, NOON)).toEqual({ text: "5:00", seconds: 300, share: 0.5 });
    expect(remaining(offer, NOON + 252_500).text).toBe("0:48");
  });

  it("stays at nothing after the deadline", () => {
    expect(remaining(offer, NOON + 999_000)).toEqual({ text: "0:00", seconds: 0, share: 0 });
  });

  it("shows a second until it is really over", () => {
    expect(remaining(offer, NOON + 299_999).text).toBe("0:01");
  });
});
