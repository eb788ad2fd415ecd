import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Client } from "../src/api/client";
import type { Me } from "../src/api/types";
import { Session } from "../src/state/session";
import { chooseLanguage, language } from "../src/texts/language";

const remembered = new Map<string, string>();

beforeEach(() => {
  vi.stubGlobal("localStorage", {
    getItem: (key: string) => remembered.get(key) ?? null,
    setItem: (key: string, value: string) => remembered.set(key, value),
    removeItem: (key: string) => remembered.delete(key),
  });
  chooseLanguage("en");
  remembered.clear();
});

function opened(writeTo: (told: string) => Promise<void> = async () => undefined) {
  const told: string[] = [];
  const client = {
    writeTo: (one: string) => {
      told.push(one);
      return writeTo(one);
    },
  } as unknown as Client;
  return { session: new Session(client), told };
}

const me = (own: string | null | undefined, technician: string | null = null, id = "rita") =>
  ({ user: { id, name: "Rita", language: own }, technician_id: technician }) as unknown as Me;

describe("the language of mails and push messages", () => {
  it("is the one that a user chooses, on this computer and for the account", () => {
    const { session, told } = opened();
    session.me.value = me("en");
    session.chooseLanguage("pt");
    expect([language.value, remembered.get("geo-assign-language"), told]).toEqual(["pt", "pt", ["pt"]]);
  });

  it.each([
    // account, chosen on this computer, technician: shown, told to the service
    ["de", null, null, "de", []],
    ["de", "pt", null, "pt", []],
    [null, "pt", null, "pt", ["pt"]],
    [null, null, null, "en", []],
    [null, null, "t", "en", ["en"]],
    [undefined, null, null, "en", []],
  ] as const)("account %s, computer %s, technician %s: pages in %s", (own, chosen, technician, shown, expected) => {
    if (chosen) chooseLanguage(chosen);
    const { session, told } = opened();
    session.me.value = me(own, technician);
    expect([language.value, told]).toEqual([shown, expected]);
  });

  it("is kept on this computer where the service cannot be told now", async () => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { session } = opened(() => Promise.reject(new Error("unreachable")));
    session.chooseLanguage("de");
    await vi.waitFor(() => expect(warned).toHaveBeenCalledWith("unreachable"));
    expect(language.value).toBe("de");
  });

  it("is told at the next start where it could not be told, for the user who chose it alone", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const first = opened(() => Promise.reject(new Error("unreachable")));
    first.session.me.value = me("en");
    first.session.chooseLanguage("de");
    const starts = (user: Me) => {
      const { session, told } = opened();
      session.me.value = user;
      return told;
    };
    await vi.waitFor(() => expect(first.told).toEqual(["de"]));
    expect(starts(me("pt", null, "otto"))).toEqual([]);
    expect(starts(me("en"))).toEqual(["de"]);
    await vi.waitFor(() => expect(starts(me("en"))).toEqual([]));
  });
});
