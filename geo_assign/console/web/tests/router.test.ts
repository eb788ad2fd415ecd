import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { PAGES } from "../src/frame/pages";
import { address, changedQuery, hrefOf, parseAddress } from "../src/frame/router";
import { chosenStores, followSelection } from "../src/frame/selection";
import type { Desk } from "../src/state/desk";
import type { View } from "../src/state/view";

describe("addresses", () => {
  it("name a page and what is chosen on it", () => {
    expect(hrefOf("")).toBe("/console/");
    expect(hrefOf("board", { day: "2026-11-30", store: null, q: "Ana & Söhne" })).toBe(
      "/console/board?day=2026-11-30&q=Ana+%26+S%C3%B6hne",
    );
    const read = parseAddress("/console/board", "?day=2026-11-30&q=Ana+%26+S%C3%B6hne");
    expect(read?.page).toBe("board");
    expect(read?.query.get("q")).toBe("Ana & Söhne");
  });

  it("outside the console are not the console's", () => {
    expect(parseAddress("/t/token", "")).toBeNull();
    expect(parseAddress("/console", "")).toBeNull();
  });

  it("change only by what is changed", () => {
    const query = new URLSearchParams("wo=1&store=a");
    expect(changedQuery(query, { wo: null, day: "today" }).toString()).toBe("store=a&day=today");
    expect(query.toString()).toBe("wo=1&store=a");
  });

  it("are different for every page", () => {
    const names = PAGES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toBe("");
  });
});

describe("the stores of an address", () => {
  const stores = [{ id: "a" }, { id: "b" }, { id: "c" }];

  it("are those named that the user sees", () => {
    expect([...chosenStores("c,a,other", stores)]).toEqual(["a", "c"]);
  });

  it.each([[null], [""], ["other"], ["a,b,c"]])("are all for %s", (named) => {
    expect(chosenStores(named, stores).size).toBe(0);
  });

  it("are the same choice whatever else the address says", () => {
    vi.stubGlobal("window", {});
    const selectedId = signal<string | null>(null);
    const scope = signal<ReadonlySet<string>>(new Set());
    const select = (id: string | null) => {
      selectedId.value = id;
    };
    const desk = { me: { stores }, selectedId, scope, select, groupId: signal(""), skill: signal("") };
    const view = { followWindows: signal(false) };
    const at = (page: string, query: string) => {
      address.value = { page, query: new URLSearchParams(query) };
      return scope.peek();
    };
    at("", "");
    const end = followSelection(desk as unknown as Desk, view as unknown as View);
    const all = scope.peek();
    for (const query of ["wo=1", "wo=2", "wo=2&new=lead", ""]) expect(at("", query)).toBe(all);
    const chosen = at("", "store=a");
    expect([...chosen]).toEqual(["a"]);
    expect(at("board", "store=a&wo=3")).toBe(chosen);
    expect(at("board", "wo=3").size).toBe(0);
    end();
    vi.unstubAllGlobals();
  });
});
