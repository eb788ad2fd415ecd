/** The page of docs/partners.md that is there to be copied: a lead without an answer is sent again as it was. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const GUIDE = readFileSync(new URL("../../../../docs/partners.md", import.meta.url), "utf8");
const SCRIPT = GUIDE.split('<script type="module">')[1]?.split("</script>")[0] ?? "";
const REFUSED = { status: 409, told: { detail: "Not free any more." } };
const BUSY = { status: 503, told: { detail: "Try again." } };
const MADE = { status: 201, told: { number: "L-0042" } };

type Answer = { status: number; told: unknown };
type Call = { headers: Record<string, string>; body: string };

/** Presses the button once for each answer (null: none came); tells key and challenge of each lead that was sent. */
async function press(answers: (Answer | null)[]): Promise<{ sent: [string, string][]; outcome: string }> {
  const sent: [string, string][] = [];
  let challenges = 0;
  let submit = async (_event: { preventDefault: () => void }): Promise<void> => {};
  const field = (value: string) => ({ value });
  const form = {
    name: field("Eva"),
    phone: field("910"),
    address: field("Rua Nova 1"),
    issue: field("screen"),
    website: field(""),
    slot: field("2026-05-21T10:00:00Z"),
    addEventListener: (_type: string, handler: typeof submit) => {
      submit = handler;
    },
  };
  const outcome = { textContent: "" };
  const elements: Record<string, object> = { booking: form, outcome, find: { addEventListener: () => {} } };
  const told = ({ status, told }: Answer) => ({ ok: status < 400, status, json: async () => told });
  const fetched = async (url: string, call: Call) => {
    if (url.includes("/challenges")) {
      const salt = `salt-${++challenges}-`;
      const target = createHash("sha256").update(`${salt}2`).digest("hex");
      return told({ status: 200, told: { challenge: `${challenges}`, salt, target, max_number: 3 } });
    }
    if (!url.includes("/leads")) {
      return told({ status: 200, told: { stores: [{ id: "store", timezone: "Europe/Lisbon" }] } });
    }
    sent.push([call.headers["Idempotency-Key"] ?? "", JSON.parse(call.body).proof.challenge]);
    const answer = answers[sent.length - 1];
    if (!answer) throw new TypeError("Failed to fetch");
    return told(answer);
  };
  const page = new Function("document", "fetch", `return (async () => {${SCRIPT}})();`);
  await page({ getElementById: (id: string) => elements[id] }, fetched);
  for (const _ of answers) await submit({ preventDefault: () => {} });
  return { sent, outcome: outcome.textContent };
}

describe("the page of docs/partners.md", () => {
  it.each([
    [
      [null, MADE],
      ["1", "1"],
    ],
    [
      [BUSY, null, MADE],
      ["1", "1", "1"],
    ],
    [
      [REFUSED, MADE],
      ["1", "2"],
    ],
    [
      [null, REFUSED, null, MADE],
      ["1", "1", "2", "2"],
    ],
    [
      [MADE, MADE],
      ["1", "1"],
    ],
  ])("keeps proof and key together: %j", async (answers, challenges) => {
    const { sent, outcome } = await press(answers);
    expect(sent.map(([, challenge]) => challenge)).toEqual(challenges);
    expect(new Set(sent.map(String)).size).toBe(new Set(challenges).size);
    expect(new Set(sent.map(([key]) => key)).size).toBe(new Set(challenges).size);
    expect(outcome).toContain("L-0042");
  });
});
