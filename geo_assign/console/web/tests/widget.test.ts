import { webcrypto } from "node:crypto";
import { describe, expect, it } from "vitest";
import { chooseColours, contrast } from "../src/widget/contrast";
import { isEmail, leadOf, newAttempt, newDraft, parseKinds } from "../src/widget/draft";
import { sha256, solve } from "../src/widget/proof";
import { daysOf, laterDate, nearestTo } from "../src/widget/slots";
import { chooseLanguage, textsOf } from "../src/widget/texts";
import { Times } from "../src/widget/times";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const digest = async (text: string): Promise<string> =>
  hex(new Uint8Array(await webcrypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

describe("proof of work", () => {
  it.each([0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 128, 1000])("hashes %i bytes as the browser does", async (length) => {
    const text = Array.from({ length }, (_, index) => String.fromCharCode(33 + ((index * 7) % 90))).join("");
    expect(hex(sha256(new TextEncoder().encode(text)))).toBe(await digest(text));
  });

  it.each([0, 1, 255, 256, 257, 999, 1000])("finds %i with either hash", async (number) => {
    const challenge = {
      challenge: "c",
      salt: "5a17",
      target: await digest(`5a17${number}`),
      max_number: 1000,
      expires_at: "",
    };
    for (const native of [webcrypto.subtle as SubtleCrypto, null]) {
      expect(await solve(challenge, native)).toEqual({ challenge: "c", number });
    }
  });

  it("says where there is no answer", async () => {
    const challenge = { challenge: "c", salt: "s", target: "0".repeat(64), max_number: 600, expires_at: "" };
    await expect(solve(challenge, webcrypto.subtle as SubtleCrypto)).rejects.toThrow("no answer");
  });

  it("draws attempts that differ", () => {
    const drawn = new Set(Array.from({ length: 100 }, newAttempt));
    expect([...drawn].every((attempt) => /^[0-9a-f]{32}$/.test(attempt))).toBe(true);
    expect(drawn.size).toBe(100);
  });
});

describe("colours", () => {
  it.each([
    ["#000", "#fff", 21],
    ["#ffffff", "#FFFFFF", 1],
    ["#777777", "#ffffff", 4.48],
    ["#767676", "#ffffff", 4.54],
    ["#7a2454", "#ffffff", 9.5],
  ])("%s on %s is %f to 1", (one, other, ratio) => {
    expect(contrast(one, other)).toBeCloseTo(ratio, 1);
    expect(contrast(other, one)).toBeCloseTo(ratio, 1);
  });

  it.each(["red", "", "#12345", "rgb(1,2,3)", "#fff;}", "javascript:1"])("does not read %s", (text) => {
    expect(contrast(text, "#fff")).toBeUndefined();
    expect(chooseColours(text, null)).toContain("no colour");
  });

  it("refuses a pair that cannot be read, and finds one that can", () => {
    expect(chooseColours("#777777", "#ffffff")).toContain("4.48");
    expect(chooseColours("#ffff00", "#ffffff")).toContain("contrast");
    expect(chooseColours("#ffff00", null)).toEqual({ accent: "#ffff00", onAccent: "#000000" });
    expect(chooseColours("#7a2454", null)).toEqual({ accent: "#7a2454", onAccent: "#ffffff" });
  });

  it("finds black or white for every accent", () => {
    for (let value = 0; value < 0x1000000; value += 7919) {
      expect(typeof chooseColours(`#${value.toString(16).padStart(6, "0")}`, null)).toBe("object");
    }
  });
});

const slot = (start: string, minutes = 60): { start: string; end: string } => ({
  start,
  end: new Date(Date.parse(start) + minutes * 60_000).toISOString(),
});

describe("days", () => {
  const zone = "Europe/Lisbon";
  const slots = ["2026-11-24T15:30:00Z", "2026-11-24T17:00:00Z", "2026-11-26T23:30:00Z"].map((start) => slot(start));

  it("shows full days between, in the store's zone", () => {
    const days = daysOf(slots, zone, "2026-11-24", "2026-11-27", true);
    expect(days.map((day) => [day.date, day.slots.length])).toEqual([
      ["2026-11-24", 2],
      ["2026-11-25", 0],
      ["2026-11-26", 1],
      ["2026-11-27", 0],
    ]);
    expect(daysOf(slots, "Asia/Tokyo", "2026-11-25", "2026-11-27", true).map((day) => day.slots.length)).toEqual([
      2, 0, 1,
    ]);
  });

  it("calls no day full that was not looked at", () => {
    expect(daysOf(slots, zone, "2026-11-24", "2026-12-01", false).at(-1)?.date).toBe("2026-11-26");
    expect(daysOf([], zone, "2026-11-24", "2026-11-25", true).map((day) => day.slots)).toEqual([[], []]);
  });

  it.each([
    ["2026-02-28", 1, "2026-03-01"],
    ["2028-02-28", 1, "2028-02-29"],
    ["2026-12-31", 1, "2027-01-01"],
    ["2026-03-29", -1, "2026-03-28"],
  ])("%s and %i days is %s", (date, days, later) => {
    expect(laterDate(date, days)).toBe(later);
  });

  it("finds the nearest to a lost one", () => {
    const free = ["08:00", "09:00", "15:00", "16:30", "18:00"].map((time) => slot(`2026-11-24T${time}:00Z`));
    const near = nearestTo(slot("2026-11-24T15:30:00Z"), free, 3);
    expect(near.map((one) => one.start.slice(11, 16))).toEqual(["15:00", "16:30", "18:00"]);
    expect(nearestTo(slot("2026-11-24T15:30:00Z"), [], 3)).toEqual([]);
  });
});

/** Words that two of the languages share. */
const SAME = new Set(["Tablet", "Laptop", "Computer", "Name", "E-mail"]);

describe("words", () => {
  it.each([
    [["de-AT"], "de"],
    [["PT_br"], "pt"],
    [[null, "", "fr", "de"], "de"],
    [["fr", "xx"], "en"],
    [["__proto__", "constructor"], "en"],
    [[], "en"],
  ])("%j speaks %s", (wishes, language) => {
    expect(chooseLanguage(wishes)).toBe(language);
  });

  it("has every text in every language, and none left in English", () => {
    const [english, german, portuguese] = ["en", "de", "pt"].map((language) => leaves(textsOf(language)));
    expect([german?.size, portuguese?.size]).toEqual([english?.size, english?.size]);
    for (const [key, text] of english ?? []) {
      for (const other of [german, portuguese]) {
        expect(other?.get(key)).toBeTruthy();
        if (!SAME.has(text)) expect(other?.get(key)).not.toBe(text);
      }
    }
  });

  it("tells days and times on the store's clocks", () => {
    const now = (): Date => new Date("2026-11-24T22:30:00Z");
    const times = new Times(textsOf("de"), "de", "Asia/Tokyo", now);
    expect(times.today()).toBe("2026-11-25");
    const plain = (time: string): string => times.full(slot(time)).replaceAll("\u2060", "");
    expect(plain("2026-11-25T06:30:00Z")).toBe("heute 15:30–16:30");
    expect(plain("2026-11-25T23:30:00Z")).toBe("morgen 08:30–09:30");
    expect(plain("2026-11-26T15:30:00Z")).toMatch(/^Fr.* 00:30–01:30$/);
    expect(times.dayName("2026-11-25")).toMatch(/^Heute, Mi/);
    expect(times.dayName("2026-11-26")).toMatch(/^Morgen, Do/);
    expect(times.foreignZone()).toBe("Tokyo");
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(new Times(textsOf("en"), "en", own, now).foreignZone()).toBeUndefined();
  });
});

/** Every text by its place; functions are asked with an example. */
function leaves(texts: object, place = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(texts)) {
    if (typeof value === "object") for (const [key, text] of leaves(value, `${place}${name}.`)) found.set(key, text);
    else found.set(place + name, String(typeof value === "function" ? value(2, 5) : value));
  }
  return found;
}

describe("what is sent", () => {
  it("reads the owner's devices with their skills", () => {
    expect(parseKinds(" Phone: screen battery; Laptop ;; Oven:ovens,gas")).toEqual([
      { name: "Phone", skills: ["screen", "battery"] },
      { name: "Laptop", skills: [] },
      { name: "Oven", skills: ["ovens", "gas"] },
    ]);
    expect(parseKinds("")).toEqual([]);
  });

  it("leaves out what was not said", () => {
    const draft = {
      ...newDraft(),
      storeId: "s",
      name: " Eva ",
      phone: "1",
      address: " Here ",
      kind: "Phone",
      issue: "x",
    };
    const proof = { challenge: "c", number: 1 };
    const lead = leadOf(draft, ["screen"], proof, "the shop's page");
    expect(lead).toMatchObject({ customer: { name: "Eva", email: null }, address: "Here", slot: null, notes: null });
    expect(lead.referral_source).toBe("the shop's page");
    expect(leadOf({ ...draft, referral: "a friend" }, [], proof, "page").referral_source).toBe("a friend");
  });

  it.each([
    ["eva@example.test", true],
    [" eva.lima@mail.example.test ", true],
    ["eva", false],
    ["eva@", false],
    ["eva@example", false],
    ["e va@example.test", false],
  ])("%s is an address: %s", (text, is) => {
    expect(isEmail(text)).toBe(is);
  });
});
