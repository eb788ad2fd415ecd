import { afterEach, describe, expect, it } from "vitest";
import { ApiProblem } from "../src/api/client";
import { byLastLook } from "../src/app/words";
import { type Language, language, textsLoaded } from "../src/texts/language";

const SLOT = { code: "slot_taken", title: "The technician has other work.", detail: "L-0012 is from 10:00." };
const INVALID = { code: "invalid_request", title: "The request is not valid.", detail: "It is 0 or more." };

async function read(code: Language) {
  language.value = code;
  await textsLoaded();
}

afterEach(() => read("en"));

describe("a refusal", () => {
  it("is told in the language of the page, and in English as the service tells it", async () => {
    expect(new ApiProblem(409, SLOT).message).toBe("L-0012 is from 10:00.");
    await read("de");
    expect(new ApiProblem(409, SLOT).message).toContain("andere Arbeit");
    await read("pt");
    expect(new ApiProblem(409, SLOT).message).toContain("outro trabalho");
  });

  it("keeps what the service says is wrong where its code says little", async () => {
    await read("de");
    expect(new ApiProblem(422, INVALID).message).toBe("Die Angaben sind nicht gültig. It is 0 or more.");
    expect(new ApiProblem(400, { code: "of_tomorrow", detail: "New." }).message).toBe("New.");
  });
});

describe("looks", () => {
  it("are listed by the time that is shown, the newest first", () => {
    const look = (first_at: string, last_at: string) => ({
      viewer: { id: first_at, kind: "user" as const, name: "Marta" },
      how: "live" as const,
      first_at,
      last_at,
      count: 1,
    });
    const early = look("2026-12-01T09:00:00Z", "2026-12-01T12:00:00Z");
    const late = look("2026-12-01T10:00:00Z", "2026-12-01T10:05:00Z");
    expect(byLastLook([late, early])).toEqual([early, late]);
  });
});
