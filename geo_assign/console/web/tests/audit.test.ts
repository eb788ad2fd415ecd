import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { AuditTexts } from "../src/texts/audit";
import { audit as german } from "../src/texts/de/audit";
import { audit as english } from "../src/texts/en/audit";
import { audit as portuguese } from "../src/texts/pt/audit";

const { schemas } = JSON.parse(readFileSync(new URL("../api-types/openapi.json", import.meta.url), "utf8"))
  .components as { schemas: Record<string, { enum: string[] }> };
const codes = (name: string) => [...(schemas[name]?.enum ?? [])].sort();
const keys = (words: object) => Object.keys(words).sort();

describe.each<[string, AuditTexts]>([
  ["English", english],
  ["German", german],
  ["Portuguese", portuguese],
])("the audit trail in %s", (_, { actions, subjects, actors }) => {
  it("has words for all that the API document lists", () => {
    expect(keys(actions)).toEqual(codes("AuditAction"));
    expect(keys(subjects)).toEqual(codes("AuditSubject"));
    expect(keys(actors)).toEqual(codes("ActorKind"));
  });

  it("says different things of different actions", () => {
    expect(new Set(Object.values(actions)).size).toBe(keys(actions).length);
    expect(Object.values(actions).filter((words) => words.includes("_"))).toEqual([]);
  });
});
