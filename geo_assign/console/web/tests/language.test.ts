import { afterEach, describe, expect, it } from "vitest";
import { clockTime, dayName, moment } from "../src/model/zone";
import { language, plural, preferredLanguage, textsLoaded, textsOf } from "../src/texts/language";

afterEach(() => {
  language.value = "en";
});

describe("the language", () => {
  it("is the first of the browser's that is known", () => {
    expect(preferredLanguage(["fr-FR", "pt-BR", "de"])).toBe("pt");
    expect(preferredLanguage(["fr", "constructor"])).toBe("en");
    expect(preferredLanguage([])).toBe("en");
  });

  it("has its own plural forms", () => {
    const forms = (count: number) => ({ one: `${count} order`, other: `${count} orders` });
    expect([0, 1, 2].map((count) => plural("en", count, forms(count)))).toEqual(["0 orders", "1 order", "2 orders"]);
    expect(plural("de", 1, { other: "1 Auftrag" })).toBe("1 Auftrag");
  });

  it("writes days and hours", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    const later = now + 26 * 3_600_000;
    expect(dayName(later, now, "Europe/Lisbon")).toBe("Tomorrow");
    language.value = "de";
    expect(moment(later, now, "Europe/Lisbon")).toBe("Morgen 14:00");
    expect(dayName(now + 3 * 86_400_000, now, "Europe/Lisbon")).toBe("Mi");
    language.value = "pt";
    expect(dayName(now, now, "Europe/Lisbon")).toBe("Hoje");
    expect(clockTime(Date.parse("2026-10-25T01:30:00Z"), "Europe/Lisbon")).toBe("01:30 (2.ª)");
  });
});

describe("the texts", () => {
  it("are waited for, also those that cannot be had", async () => {
    const answers: (() => void)[] = [];
    const load = (settle: (resolve: (loaded: { texts: string }) => void, reject: (why: Error) => void) => void) => () =>
      new Promise<{ texts: string }>((resolve, reject) => answers.push(() => settle(resolve, reject)));
    const never = load(() => undefined);
    language.value = "de";
    const first = textsOf("map", { de: load((resolve) => resolve({ texts: "Karte" })), pt: never });
    const second = textsOf("lead", { de: load((_, reject) => reject(new Error("not there"))), pt: never });
    const waiting = textsLoaded();
    for (const answer of answers) answer();
    await waiting;
    expect([first.value, second.value]).toEqual(["Karte", "lead"]);
    language.value = "en";
  });

  it("come in the language that was chosen last", async () => {
    const answers: (() => void)[] = [];
    const load = (word: string) => () =>
      new Promise<{ texts: { word: string } }>((resolve) => answers.push(() => resolve({ texts: { word } })));
    const texts = textsOf({ word: "map" }, { de: load("Karte"), pt: load("mapa") });
    expect(texts.value.word).toBe("map");
    language.value = "de";
    language.value = "pt";
    answers[1]?.();
    answers[0]?.();
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    expect(texts.value.word).toBe("mapa");
    language.value = "en";
    expect(texts.value.word).toBe("map");
  });
});
