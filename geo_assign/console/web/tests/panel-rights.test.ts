import { describe, expect, it } from "vitest";
import type { Me } from "../src/api/types";
import { canForce } from "../src/panel/rights";

const user = (role: string, permissions: string[] = []) => ({ user: { role, permissions } }) as unknown as Me;

describe("work that a technician is under way to", () => {
  it("is changed by administrators, and by dispatchers with the permission", () => {
    expect(canForce(user("administrator"))).toBe(true);
    expect(canForce(user("store_administrator"))).toBe(true);
    expect(canForce(user("dispatcher", ["force_travelling"]))).toBe(true);
    expect(canForce(user("dispatcher", ["reallocate"]))).toBe(false);
  });
});
