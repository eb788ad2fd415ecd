import { describe, expect, it, vi } from "vitest";
import { type Actions, actionFor, type Focus } from "../src/state/keys";

const spies = (): Actions => ({
  next: vi.fn(),
  previous: vi.fn(),
  offer: vi.fn(),
  assign: vi.fn(),
  leave: vi.fn(),
  choose: vi.fn(),
  why: vi.fn(),
  view: vi.fn(),
});

function press(
  key: string,
  { focus = "page", letters = true, ...modifiers }: { focus?: Focus; letters?: boolean } & Partial<KeyboardEvent> = {},
) {
  const actions = spies();
  const pressed = { key, shiftKey: false, ctrlKey: false, metaKey: false, altKey: false, ...modifiers };
  actionFor(pressed, focus, letters)?.(actions);
  return Object.entries(actions).flatMap(([name, spy]) =>
    vi.mocked(spy).mock.calls.map((call: unknown[]) => [name, ...call]),
  );
}

describe("keys", () => {
  it("do what is printed beside the actions", () => {
    expect(["j", "k", "v", "w", "3", "Escape", "Enter"].flatMap((key) => press(key))).toEqual([
      ["next"],
      ["previous"],
      ["view"],
      ["why"],
      ["choose", 3],
      ["leave"],
      ["offer"],
    ]);
    expect(press("Enter", { shiftKey: true })).toEqual([["assign"]]);
  });

  it("leave fields, shortcuts of the browser and focused controls alone", () => {
    expect(press("j", { focus: "field" })).toEqual([]);
    expect(press("Escape", { focus: "field" })).toEqual([]);
    expect(press("k", { ctrlKey: true })).toEqual([]);
    expect(press("Enter", { focus: "control" })).toEqual([]);
    expect(press("Enter", { focus: "row" })).toEqual([["offer"]]);
  });

  it("can do without single letters", () => {
    expect(press("j", { letters: false })).toEqual([]);
    expect(press("Enter", { letters: false })).toEqual([["offer"]]);
  });
});
