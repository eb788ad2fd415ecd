import { describe, expect, it, vi } from "vitest";
import { type Actions, actionFor, type Focus, nudgeFor } from "../src/state/keys";

const spies = (): Actions => ({
  next: vi.fn(),
  previous: vi.fn(),
  offer: vi.fn(),
  assign: vi.fn(),
  leave: vi.fn(),
  choose: vi.fn(),
  why: vi.fn(),
  view: vi.fn(),
  undo: vi.fn(),
  place: vi.fn(),
  replace: vi.fn(),
  transfer: vi.fn(),
  nudge: vi.fn(),
});

function press(
  key: string,
  { focus = "page", letters = true, ...modifiers }: { focus?: Focus; letters?: boolean } & Partial<KeyboardEvent> = {},
) {
  const actions = spies();
  const pressed = {
    key,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    repeat: false,
    ...modifiers,
  };
  (nudgeFor(pressed, focus) ?? actionFor(pressed, focus, letters))?.(actions);
  return Object.entries(actions).flatMap(([name, spy]) =>
    vi.mocked(spy).mock.calls.map((call: unknown[]) => [name, ...call]),
  );
}

describe("keys", () => {
  it("do what is printed beside the actions", () => {
    expect(["j", "k", "v", "w", "u", "3", "Escape", "Enter"].flatMap((key) => press(key))).toEqual([
      ["next"],
      ["previous"],
      ["view"],
      ["why"],
      ["undo"],
      ["choose", 3],
      ["leave"],
      ["offer"],
    ]);
    expect(press("Enter", { shiftKey: true })).toEqual([["assign"]]);
    expect(["p", "t", "r"].flatMap((key) => press(key))).toEqual([["place"], ["transfer"]]);
    expect(press("R", { shiftKey: true })).toEqual([["replace"]]);
  });

  it("leave fields, shortcuts of the browser and focused controls alone", () => {
    expect(press("j", { focus: "field" })).toEqual([]);
    expect(press("Escape", { focus: "field" })).toEqual([]);
    expect(press("k", { ctrlKey: true })).toEqual([]);
    expect(press("Enter", { focus: "control" })).toEqual([]);
    expect(press("Enter", { focus: "row" })).toEqual([["offer"]]);
  });

  it("do once what gives something away, however long they are held", () => {
    expect(press("Enter", { repeat: true })).toEqual([]);
    expect(press("Enter", { repeat: true, shiftKey: true, focus: "row" })).toEqual([]);
    expect(["u", "w", "v", "2"].flatMap((key) => press(key, { repeat: true }))).toEqual([]);
    expect(["j", "k"].flatMap((key) => press(key, { repeat: true }))).toEqual([["next"], ["previous"]]);
  });

  it("move a pin: arrows in steps, with Shift in small ones, and never out of a field", () => {
    expect(press("ArrowLeft")).toEqual([["nudge", -1, 0, false]]);
    expect(press("ArrowUp", { shiftKey: true })).toEqual([["nudge", 0, 1, true]]);
    expect(press("ArrowDown", { focus: "control" })).toEqual([["nudge", 0, -1, false]]);
    expect(press("ArrowRight", { focus: "field" })).toEqual([]);
    expect(press("ArrowRight", { ctrlKey: true })).toEqual([]);
  });

  it("can do without single letters", () => {
    expect(press("j", { letters: false })).toEqual([]);
    expect(press("Enter", { letters: false })).toEqual([["offer"]]);
  });
});
