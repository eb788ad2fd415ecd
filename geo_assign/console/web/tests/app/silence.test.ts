import { expect, test } from "vitest";
import { fixOf, isDue } from "../../src/app/positions/fix";
import { afterError, afterFix, type Known, NOTHING_KNOWN, silenceOf } from "../../src/app/positions/silence";
import { fix } from "./made";

test.each([
  [{}, null],
  [{ permission: "denied" }, "permission"],
  [{ permission: "prompt" }, null],
  [{ error: "unavailable" }, "gps_off"],
  [{ error: "timeout", timeouts: 2 }, null],
  [{ error: "timeout", timeouts: 3 }, "gps_off"],
  [{ battery: 0.1, hidden: true }, "battery_saver"],
  [{ battery: 0.1, hidden: false }, null],
  [{ battery: 0.1, hidden: true, charging: true }, null],
  [{ battery: 0.6, hidden: true }, null],
  [{ permission: "denied", battery: 0.1, hidden: true }, "permission"],
] as [Partial<Known>, string | null][])("%j is told as %s", (known, reason) => {
  expect(silenceOf({ ...NOTHING_KNOWN, ...known })).toBe(reason);
});

test("one time-out indoors is nothing, three are, and a place takes everything back", () => {
  let known = NOTHING_KNOWN;
  const told = [3, 3, 3].map((code) => {
    known = afterError(known, code);
    return silenceOf(known);
  });
  expect(told).toEqual([null, null, "gps_off"]);
  known = afterFix(known);
  expect([silenceOf(known), known.permission]).toEqual([null, "granted"]);
  expect(silenceOf(afterError(known, 1))).toBe("permission");
  expect(silenceOf(afterError(known, 2))).toBe("gps_off");
  expect(silenceOf(afterError(known, 99))).toBe("gps_off");
});

const intervals = { moving_s: 10, standing_s: 30 };

test.each([
  [null, 0, 0, null, true],
  [0, 1, 0, null, false],
  [0, 2, 0, null, false],
  [0, 3, 0, null, true],
  [0, 1, 80, null, true],
  [0, 1, 0, 13, true],
  [3, 3, 500, 13, false],
  [3, 2, 500, 13, false],
] as const)("after place %s, place %s (%d m on, at %s m/s): due %s", (last, next, moved, speed_mps, due) => {
  const before = last === null ? null : fix(last);
  expect(isDue(before, fix(next, { speed_mps }), intervals, moved)).toBe(due);
});

test("what a browser does not know is null, and north is a heading", () => {
  const known = { latitude: 41.1, longitude: -8.6, accuracy: 12, speed: Number.NaN, heading: 0 };
  const made = fixOf("ana", known, 0, 0.4);
  expect([made.accuracy_m, made.speed_mps, made.heading_deg, made.battery]).toEqual([12, null, 0, 0.4]);
});
