import type { TargetedEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Client } from "../api/client";
import type { LinkOwner } from "../api/types";
import { tokenIn } from "../model/links";
import { Choosing, type Phase } from "../state/choosing";
import { AccountCard } from "./AccountCard";

/** What a link opens, before any log-in: choose a password, or read why that is not possible. */
export function ChoosePassword({ client }: { client: Client }) {
  const choosing = useMemo(() => new Choosing(client, tokenIn(location.hash)), [client]);
  useEffect(() => void choosing.look(), [choosing]);
  return <Content choosing={choosing} phase={choosing.phase.value} />;
}

function Content({ choosing, phase }: { choosing: Choosing; phase: Phase }) {
  switch (phase.name) {
    case "looking":
      return (
        <p class="splash" role="status">
          Loading…
        </p>
      );
    case "unreachable":
      return (
        <AccountCard title="The link could not be looked at" alert>
          <p>{phase.text}</p>
          <button class="btn pri" type="button" onClick={() => void choosing.look()}>
            Try again
          </button>
        </AccountCard>
      );
    case "dead":
      return (
        <AccountCard title={phase.link.title} alert>
          <p>{phase.link.text}</p>
          <LogInLink label="Go to the log-in" />
          <a href="/console/forgot-password">Forgot your password?</a>
        </AccountCard>
      );
    case "open":
      return <ChoiceForm choosing={choosing} owner={phase.owner} />;
    case "chosen":
      return <Chosen owner={phase.owner} loggedIn={phase.loggedIn} />;
  }
}

function ChoiceForm({ choosing, owner }: { choosing: Choosing; owner: LinkOwner }) {
  const [shown, setShown] = useState(false);
  const invited = owner.purpose === "invitation";
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const field = (name: string) => String(data.get(name) ?? "");
    void choosing.choose(owner, { password: field("password"), again: field("again"), name: field("name") });
  };
  const kind = shown ? ({ type: "text" } as const) : ({ type: "password" } as const);
  return (
    <AccountCard title={invited ? `Welcome to ${owner.organization_name}` : "Choose a new password"} onSubmit={submit}>
      <p>
        {invited ? "Choose the password for your account " : `For your account at ${owner.organization_name}, `}
        <strong class="account">{owner.email}</strong>.
      </p>
      {/* Where password managers look for whom the password is. */}
      <input
        class="for-managers"
        name="email"
        type="email"
        autocomplete="username"
        value={owner.email}
        readOnly
        tabIndex={-1}
        aria-hidden="true"
      />
      {invited && (
        <label>
          Your name
          <input name="name" required maxLength={200} autocomplete="name" defaultValue={owner.name} />
        </label>
      )}
      <label>
        New password
        <input
          name="password"
          {...kind}
          required
          minLength={8}
          maxLength={200}
          autocomplete="new-password"
          aria-describedby="password-rules"
        />
      </label>
      <label>
        The same again
        <input name="again" {...kind} required autocomplete="new-password" />
      </label>
      <label class="check">
        <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
        Show what I type
      </label>
      <p id="password-rules" class="rules">
        At least 8 characters; not a common password, and not your name, your e-mail or the organization.
      </p>
      <p class="field-problem" role="alert">
        {choosing.problem.value}
      </p>
      <button class="btn pri" type="submit" disabled={choosing.busy.value}>
        {choosing.busy.value ? "Saving…" : "Save the password"}
      </button>
    </AccountCard>
  );
}

function Chosen({ owner, loggedIn }: { owner: LinkOwner; loggedIn: boolean }) {
  useLayoutEffect(() => {
    // The token is used up: neither a bookmark nor the history needs it.
    history.replaceState(null, "", location.pathname);
    localStorage.setItem("geo-assign-organization", owner.organization);
  }, [owner]);
  if (owner.role === "technician") {
    return (
      <AccountCard title="Your password is set">
        <p>Log in with the app, here or on another phone:</p>
        <dl class="facts">
          <dt>Organization</dt>
          <dd>{owner.organization}</dd>
          <dt>E-mail</dt>
          <dd>{owner.email}</dd>
        </dl>
        <a class="btn pri" href="/app/">
          Open the app
        </a>
      </AccountCard>
    );
  }
  return (
    <AccountCard title="Your password is set">
      <p>{loggedIn ? "You are logged in." : "You are logged out everywhere. Log in with the new password."}</p>
      <LogInLink label={loggedIn ? "Open the console" : "Log in"} />
    </AccountCard>
  );
}

function LogInLink({ label }: { label: string }) {
  return (
    <a class="btn pri" href="/console/">
      {label}
    </a>
  );
}
