import { describe, expect, it } from "vitest";
import { PAGES } from "../src/frame/pages";
import { changedQuery, hrefOf, parseAddress } from "../src/frame/router";
import { chosenStores } from "../src/frame/selection";

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
});
