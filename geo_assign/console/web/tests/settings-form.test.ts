import { describe, expect, it } from "vitest";
import { ApiProblem } from "../src/api/client";
import type { ProblemBody } from "../src/api/types";
import { changedNames, Form, type Send } from "../src/pages/settings/form/form";
import { byField } from "../src/pages/settings/form/problems";
import {
  readNumber,
  readNumbers,
  readPoint,
  readWords,
  same,
  stepped,
  writeNumber,
} from "../src/pages/settings/form/values";
import { instantOf, wallTime } from "../src/pages/settings/form/zoned";

const KEPT = { value: { name: "Centre", lead_acceptance: true, radius_m: 5000 }, version: 3 };
const refusing = (status: number, body: ProblemBody): Send => {
  const problem = new ApiProblem(status, body);
  return () => Promise.reject(problem);
};

describe("a form", () => {
  it("sends what changed, and is clean when it is saved", async () => {
    const form = new Form(KEPT);
    form.set("lead_acceptance", false);
    form.set("name", "Centre");
    const sent: object[] = [];
    const saved = await form.save(async (entered) => {
      sent.push(entered.changes, { version: entered.version });
      return { value: entered.draft, version: 4 };
    });
    expect([saved, form.dirty.value, form.version.value]).toEqual([true, false, 4]);
    expect(sent).toEqual([{ lead_acceptance: false }, { version: 3 }]);
  });

  it("loses nothing that was typed when it is refused, and says what is wrong where it is", async () => {
    const form = new Form(KEPT);
    form.set("name", "");
    form.set("radius_m", -1);
    const errors = [
      { pointer: "/name", code: "too_short", detail: "Too short." },
      { pointer: "/radius_m", code: "x", detail: "Too small." },
    ];
    expect(await form.save(refusing(422, { code: "invalid", errors }))).toBe(false);
    expect(form.problems.value).toEqual({ name: "Too short.", radius_m: "Too small." });
    expect([form.draft.value.radius_m, form.failure.value]).toEqual([-1, null]);
    form.set("name", "North");
    expect(form.problems.value).toEqual({ radius_m: "Too small." });
  });

  it("goes on from what another user saved, with its own changes on top", async () => {
    const form = new Form(KEPT);
    form.set("radius_m", 9000);
    await form.save(refusing(412, { changed_by: { kind: "user", id: "1", name: "Milo" } }));
    expect(form.conflict.value).toEqual({ by: "Milo" });
    form.refresh({ value: { name: "Centre East", lead_acceptance: true, radius_m: 7000 }, version: 8 });
    expect(form.conflict.value).toBeNull();
    expect(form.changed.value).toEqual(["radius_m"]);
    expect([form.draft.value.name, form.draft.value.radius_m, form.version.value]).toEqual(["Centre East", 9000, 8]);
  });

  it("keeps what is typed while it is being saved", async () => {
    const form = new Form(KEPT);
    form.set("name", "North");
    await form.save(async ({ draft }) => {
      form.set("radius_m", 1);
      return { value: draft, version: 4 };
    });
    expect([form.changed.value, form.kept.value.name]).toEqual([["radius_m"], "North"]);
  });

  it("waits for what cannot be read, and shows it as it was typed", async () => {
    const form = new Form(KEPT);
    form.cannotRead("radius_m", "7 k");
    expect(form.dirty.value).toBe(true);
    expect(await form.save(() => Promise.reject(new Error("sent")))).toBe(false);
    form.discard();
    expect([form.dirty.value, form.unread.value]).toEqual([false, {}]);
  });

  it("tells a network that is gone, with everything still there", async () => {
    const form = new Form(KEPT);
    form.set("name", "North");
    expect(await form.save(refusing(0, { code: "unreachable", detail: "The service cannot be reached." }))).toBe(false);
    expect([form.failure.value?.status, form.draft.value.name]).toEqual([0, "North"]);
  });
});

describe("values", () => {
  it("differ by what they mean, not by the order of their members", () => {
    expect(same({ lat: 1, lon: 2 }, { lon: 2, lat: 1 })).toBe(true);
    expect(same({ mon: [["09:00", "17:00"]] }, { mon: [["09:00", "18:00"]] })).toBe(false);
    expect(same(null, undefined)).toBe(true);
    expect(same([], null)).toBe(false);
    expect(changedNames({ a: 1 }, { a: 1, b: null })).toEqual([]);
  });

  it.each([
    ["", { scale: 1 }, null],
    ["2,5", { scale: 1000 }, 2500],
    ["1 500", {}, 1500],
    [" 7 ", { whole: true }, 7],
    ["7.5", { whole: true }, undefined],
    ["1e3", {}, undefined],
    ["ten", {}, undefined],
    ["0.1", { scale: 60 }, 6],
  ] as const)("%j is read as a number with %j", (typed, field, value) => {
    expect(readNumber(typed, field)).toBe(value);
  });

  it("are stepped within their limits, in the units of the control", () => {
    const field = { kind: "number", name: "x", text: "radius", scale: 1000, min: 1, max: 10, step: 5 } as const;
    expect(stepped(5000, 1, field)).toBe(10_000);
    expect(stepped(10_000, 1, field)).toBe(10_000);
    expect(stepped(null, -1, field)).toBe(1000);
    expect(writeNumber(2500, 1000)).toBe("2.5");
  });

  it.each([
    ["41.15, -8.61", { lat: 41.15, lon: -8.61 }],
    ["41.15,-8.61", { lat: 41.15, lon: -8.61 }],
    ["41,15; -8,61", { lat: 41.15, lon: -8.61 }],
    ["41.15 -8.61", { lat: 41.15, lon: -8.61 }],
    ["", null],
    ["91, 0", undefined],
    ["Rua Nova 1", undefined],
    ["41.15", undefined],
  ])("%j is read as a place", (typed, value) => {
    expect(readPoint(typed)).toEqual(value);
  });

  it("are lists of words and numbers", () => {
    expect(readWords(" screen, glass;screen battery ")).toEqual(["screen", "glass", "battery"]);
    expect(readNumbers("5 15; 2.5", 1000)).toEqual([5000, 15_000, 2500]);
    expect(readNumbers("5 x")).toBeUndefined();
  });
});

describe("problems", () => {
  it("stand beside the field that their pointer begins with, and the rest is told for all of it", () => {
    const errors = [
      { pointer: "/hours/mon/0", code: "x", detail: "A" },
      { pointer: "/hours/tue", code: "x", detail: "B" },
      { pointer: "/settings/radius_m", code: "x", detail: "C" },
      { pointer: "/elsewhere", code: "x", detail: "D" },
    ];
    expect(byField({ errors }, ["hours", "radius_m"])).toEqual({ problems: { hours: "A", radius_m: "C" }, rest: true });
    expect(byField({ detail: "No." }, ["hours"])).toEqual({ problems: {}, rest: true });
  });
});

describe("wall times of a zone", () => {
  it.each([
    ["2026-11-30T09:00", "Europe/Lisbon", "2026-11-30T09:00:00.000Z"],
    ["2026-07-01T09:00", "Europe/Lisbon", "2026-07-01T08:00:00.000Z"],
    ["2026-10-25T01:30", "Europe/Lisbon", "2026-10-25T00:30:00.000Z"],
    ["2026-06-01T00:00", "Asia/Kolkata", "2026-05-31T18:30:00.000Z"],
    ["2026-06-01T12:00", "America/St_Johns", "2026-06-01T14:30:00.000Z"],
  ])("%s in %s", (wall, zone, instant) => {
    expect(instantOf(wall, zone)).toBe(instant);
    expect(wallTime(instant, zone)).toBe(wall);
  });

  it("that clocks skip move on, and what is none is none", () => {
    expect(instantOf("2026-03-29T01:30", "Europe/Lisbon")).toBe("2026-03-29T01:30:00.000Z");
    expect(instantOf("", "Europe/Lisbon")).toBeNull();
  });
});
