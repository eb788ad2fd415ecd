import { describe, expect, it } from "vitest";
import { ApiProblem, type Client } from "../src/api/client";
import type { LinkOwner } from "../src/api/types";
import { isDeadLink, tokenIn } from "../src/model/links";
import { Choosing } from "../src/state/choosing";

const OWNER: LinkOwner = {
  purpose: "invitation",
  organization: "lark",
  organization_name: "Lark & Sons",
  email: "eva@example.test",
  name: "eva",
  role: "dispatcher",
  expires_at: "2026-12-01T10:00:00Z",
};
const CHOICE = { password: "five quiet herons", again: "five quiet herons", name: " Eva Reed " };

/** A client that answers as told, and what it was asked. */
function clientThat(answers: Partial<Record<string, unknown>>): { client: Client; asked: [string, unknown][] } {
  const asked: [string, unknown][] = [];
  const client = new Proxy(
    {},
    {
      get: (_, name: string) => (given: unknown) => {
        asked.push([name, given]);
        const answer = answers[name];
        return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
      },
    },
  );
  return { client: client as Client, asked };
}

describe("a link", () => {
  it.each(["#gal_a_b", "gal_a_b", "# gal_a_b "])("has its token in the fragment %s", (hash) => {
    expect(tokenIn(hash)).toBe("gal_a_b");
  });

  it.each(["link_used", "link_expired", "link_replaced", "link_ended", "link_not_found"])(
    "that is dead (%s) says why",
    async (code) => {
      const { client } = clientThat({ lookAtLink: new ApiProblem(410, { code }) });
      const choosing = new Choosing(client, "gal_a_b");
      await choosing.look();
      expect(choosing.phase.value).toEqual({ name: "dead", code });
      expect(isDeadLink(code)).toBe(true);
    },
  );

  it("that could not be looked at may be looked at again", async () => {
    const { client } = clientThat({ lookAtLink: new ApiProblem(0, { code: "unreachable", detail: "Not there." }) });
    const choosing = new Choosing(client, "gal_a_b");
    await choosing.look();
    expect(choosing.phase.value).toEqual({ name: "unreachable", text: "Not there." });
  });
});

describe("a choice", () => {
  async function chosen(owner: LinkOwner, choice = CHOICE, answers: Record<string, unknown> = {}) {
    const { client, asked } = clientThat({ lookAtLink: owner, ...answers });
    const choosing = new Choosing(client, "gal_a_b");
    await choosing.look();
    await choosing.choose(owner, choice);
    return { choosing, asked: asked.slice(1) };
  }

  it("accepts an invitation and is logged in", async () => {
    const { choosing, asked } = await chosen(OWNER);
    expect(asked).toEqual([
      ["acceptInvitation", { token: "gal_a_b", password: "five quiet herons", name: "Eva Reed" }],
    ]);
    expect(choosing.phase.value).toEqual({ name: "chosen", owner: OWNER, loggedIn: true });
  });

  it("leaves no session of a technician in the browser", async () => {
    const { choosing, asked } = await chosen({ ...OWNER, role: "technician" });
    expect(asked.map(([name]) => name)).toEqual(["acceptInvitation", "logOut"]);
    expect(choosing.phase.value).toMatchObject({ name: "chosen", loggedIn: false });
  });

  it("sets a new password and leaves the log-in to the user", async () => {
    const { choosing, asked } = await chosen({ ...OWNER, purpose: "password_reset" });
    expect(asked).toEqual([["acceptReset", { token: "gal_a_b", password: "five quiet herons" }]]);
    expect(choosing.phase.value).toMatchObject({ name: "chosen", loggedIn: false });
  });

  it("is sent only when both passwords are the same", async () => {
    const { choosing, asked } = await chosen(OWNER, { ...CHOICE, again: "four quiet herons" });
    expect(asked).toEqual([]);
    expect(choosing.problem.value).toContain("differ");
  });

  it("tells the reasons against a weak password and goes on", async () => {
    const weak = new ApiProblem(422, {
      errors: [{ pointer: "/password", code: "weak_password", detail: "Too common." }],
    });
    const { choosing } = await chosen(OWNER, CHOICE, { acceptInvitation: weak });
    expect(choosing.problem.value).toBe("Too common.");
    expect(choosing.phase.value.name).toBe("open");
    expect(choosing.busy.value).toBe(false);
  });

  it("that comes second learns that the link was used", async () => {
    const { choosing } = await chosen(OWNER, CHOICE, { acceptInvitation: new ApiProblem(410, { code: "link_used" }) });
    expect(choosing.phase.value).toMatchObject({ name: "dead", code: "link_used" });
  });
});
