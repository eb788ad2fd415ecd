import { expect, test } from "vitest";
import { findPage, hrefOf } from "../src/model/pages";

const MAP = { name: "", label: "Map" };
const BOARD = { name: "board", label: "Board" };

test("a page is found at its own address", () => {
  for (const page of [MAP, BOARD]) expect(findPage([MAP, BOARD], hrefOf(page))).toBe(page);
});

test("an address of no page finds none", () => {
  for (const path of ["/console/nowhere", "/console/board/", "/console", "/"]) {
    expect(findPage([MAP, BOARD], path)).toBeUndefined();
  }
});
