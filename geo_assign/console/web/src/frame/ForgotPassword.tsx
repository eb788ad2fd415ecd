import type { TargetedEvent } from "preact";
import { useState } from "preact/hooks";
import { ApiProblem, type Client } from "../api/client";
import { AccountCard } from "./AccountCard";

type Outcome = { byEmail: boolean; email: string };

/** Asks for a link by e-mail. The answer is the same whether there is such an account or not. */
export function ForgotPassword({ client, organization }: { client: Client; organization: string }) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const email = String(data.get("email") ?? "").trim();
    setBusy(true);
    setProblem("");
    try {
      const answer = await client.askForReset({ organization: String(data.get("organization") ?? "").trim(), email });
      setOutcome({ byEmail: answer.by_email, email });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(
        error.status === 429 ? "Asked too often; try again in an hour, or ask an administrator." : error.message,
      );
    } finally {
      setBusy(false);
    }
  };
  if (outcome) return <Asked outcome={outcome} />;
  return (
    <AccountCard title="Forgot your password?" onSubmit={(event) => void submit(event)}>
      <p>You get a link by e-mail, with which you choose a new one.</p>
      <label>
        Organization
        <input
          name="organization"
          required
          autocomplete="organization"
          autocapitalize="none"
          spellcheck={false}
          defaultValue={organization}
        />
      </label>
      <label>
        E-mail
        <input name="email" type="email" required autocomplete="username" />
      </label>
      <p class="field-problem" role="alert">
        {problem}
      </p>
      <button class="btn pri" type="submit" disabled={busy}>
        {busy ? "Asking…" : "Send the link"}
      </button>
      <a href="/console/">Back to the log-in</a>
    </AccountCard>
  );
}

function Asked({ outcome }: { outcome: Outcome }) {
  if (!outcome.byEmail) {
    return (
      <AccountCard title="Ask an administrator">
        <p>This service sends no e-mail. An administrator of your organization can make a link for you.</p>
        <a href="/console/">Back to the log-in</a>
      </AccountCard>
    );
  }
  return (
    <AccountCard title="Look into your mailbox">
      <p>
        If there is an account for <strong class="account">{outcome.email}</strong>, a link is on its way. It works
        once, for 24 hours.
      </p>
      <p class="rules">
        Nothing there after some minutes? Look among the spam, then at the spelling of organization and e-mail.
      </p>
      <a href="/console/">Back to the log-in</a>
    </AccountCard>
  );
}
