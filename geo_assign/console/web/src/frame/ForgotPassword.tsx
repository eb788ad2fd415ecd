import type { TargetedEvent } from "preact";
import { useState } from "preact/hooks";
import { ApiProblem, type Client } from "../api/client";
import { texts } from "../texts/accounts";
import { Strong } from "../ui/Strong";
import { AccountCard } from "./AccountCard";

type Outcome = { byEmail: boolean; email: string };

/** Asks for a link by e-mail. The answer is the same whether there is such an account or not. */
export function ForgotPassword({ client, organization }: { client: Client; organization: string }) {
  const words = texts.value;
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
      setProblem(error.status === 429 ? words.askedTooOften : error.message);
    } finally {
      setBusy(false);
    }
  };
  if (outcome) return <Asked outcome={outcome} />;
  return (
    <AccountCard title={words.forgot} onSubmit={(event) => void submit(event)}>
      <p>{words.forgotHint}</p>
      <label>
        {words.organization}
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
        {words.email}
        <input name="email" type="email" required autocomplete="username" />
      </label>
      <p class="field-problem" role="alert">
        {problem}
      </p>
      <button class="btn pri" type="submit" disabled={busy}>
        {busy ? words.asking : words.sendLink}
      </button>
      <a href="/console/">{words.toLogIn}</a>
    </AccountCard>
  );
}

function Asked({ outcome }: { outcome: Outcome }) {
  const words = texts.value;
  if (!outcome.byEmail) {
    return (
      <AccountCard title={words.askAdministrator}>
        <p>{words.noEmail}</p>
        <a href="/console/">{words.toLogIn}</a>
      </AccountCard>
    );
  }
  return (
    <AccountCard title={words.mailbox}>
      <p>
        <Strong text={words.mailboxFor(outcome.email)} />
      </p>
      <p class="rules">{words.mailboxHint}</p>
      <a href="/console/">{words.toLogIn}</a>
    </AccountCard>
  );
}
