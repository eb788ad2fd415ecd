import { expect, test } from "vitest";
import { byDeadline, endingOf, goneOffers, type OfferedWork, spokenSeconds } from "../../src/app/offers/offers";
import { order } from "./made";

const offer = (id: string, expires = "2026-11-30T09:10:00Z"): OfferedWork =>
  ({
    id,
    work_order_id: `w-${id}`,
    expires_at: expires,
    work_order: order({ id: `w-${id}` }),
  }) as unknown as OfferedWork;

const at = (time: string) => Date.parse(`2026-11-30T${time}Z`);

test("what runs out first comes first", () => {
  const offers = [offer("c", "2026-11-30T09:30:00Z"), offer("b"), offer("a")];
  expect(byDeadline(offers).map(({ id }) => id)).toEqual(["a", "b", "c"]);
});

test.each([
  ["09:05:00", [], [], "withdrawn"],
  ["09:10:00", [], [], "expired"],
  ["09:05:00", ["w-a"], [], "given"],
  ["09:20:00", ["w-a"], [], "given"],
  ["09:05:00", [], ["a"], null],
] as [string, string[], string[], string | null][])(
  "an offer gone at %s (schedule %j, answered %j): %s",
  (time, scheduled, answered, ending) => {
    const gone = goneOffers({
      before: [offer("a"), offer("b")],
      now: [offer("b")],
      answered: new Set(answered),
      scheduled: new Set(scheduled),
      nowMs: at(time),
    });
    expect(gone.map((one) => one.ending)).toEqual(ending === null ? [] : [ending]);
  },
);

test.each([
  ["offer_expired", "expired"],
  ["offer_withdrawn", "withdrawn"],
  ["work_order_cancelled", "cancelled"],
  ["offer_answered", "answered"],
  ["rejection_disabled", null],
  ["unreachable", null],
])("%s ends an offer as %s", (code, ending) => expect(endingOf(code)).toBe(ending));

test("a screen reader hears the clock at round times", () => {
  const spoken = new Set(Array.from({ length: 600 }, (_, second) => spokenSeconds(second)));
  expect(spoken.size).toBeLessThan(30);
  expect([spokenSeconds(522), spokenSeconds(43), spokenSeconds(7), spokenSeconds(0)]).toEqual([540, 50, 7, 0]);
});
