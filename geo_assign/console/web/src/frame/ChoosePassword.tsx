import type { TargetedEvent } from "preact";
import { useEffect, useLayoutEffect, useMemo, useState } from "preact/hooks";
import type { Client } from "../api/client";
import type { LinkOwner } from "../api/types";
import { tokenIn } from "../model/links";
import { Choosing, type Phase } from "../state/choosing";
import { texts } from "../texts/accounts";
import { Strong } from "../ui/Strong";
import { AccountCard } from "./AccountCard";

/** What a link opens, before any log-in: choose a password, or read why that is not possible. */
export function ChoosePassword({ client }: { client: Client }) {
  const choosing = useMemo(() => new Choosing(client, tokenIn(location.hash)), [client]);
  useEffect(() => void choosing.look(), [choosing]);
  return <Content choosing={choosing} phase={choosing.phase.value} />;
}

function Content({ choosing, phase }: { choosing: Choosing; phase: Phase }) {
  const words = texts.value;
  switch (phase.name) {
    case "looking":
      return (
        <p class="splash" role="status">
          {texts.value.loading}
        </p>
      );
    case "unreachable":
      return (
        <AccountCard title={words.unreachable} alert>
          <p>{phase.text}</p>
          <button class="btn pri" type="button" onClick={() => void choosing.look()}>
            {words.tryAgain}
          </button>
        </AccountCard>
      );
    case "dead":
      return (
        <AccountCard title={words.links[phase.code]?.title ?? ""} alert>
          <p>{words.links[phase.code]?.text}</p>
          <LogInLink label={words.goToLogIn} />
          <a href="/console/forgot-password">{words.forgot}</a>
        </AccountCard>
      );
    case "open":
      return <ChoiceForm choosing={choosing} owner={phase.owner} />;
    case "chosen":
      return <Chosen owner={phase.owner} loggedIn={phase.loggedIn} />;
  }
}

function ChoiceForm({ choosing, owner }: { choosing: Choosing; owner: LinkOwner }) {
  const words = texts.value;
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
    <AccountCard title={invited ? words.welcome(owner.organization_name) : words.chooseNew} onSubmit={submit}>
      <p>
        <Strong
          text={invited ? words.passwordFor(owner.email) : words.accountAt(owner.organization_name, owner.email)}
        />
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
          {words.yourName}
          <input name="name" required maxLength={200} autocomplete="name" defaultValue={owner.name} />
        </label>
      )}
      <label>
        {words.newPassword}
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
        {words.again}
        <input name="again" {...kind} required autocomplete="new-password" />
      </label>
      <label class="check">
        <input type="checkbox" checked={shown} onChange={() => setShown(!shown)} />
        {words.show}
      </label>
      <p id="password-rules" class="rules">
        {words.rules}
      </p>
      <p class="field-problem" role="alert">
        {choosing.problem.value}
      </p>
      <button class="btn pri" type="submit" disabled={choosing.busy.value}>
        {choosing.busy.value ? words.saving : words.save}
      </button>
    </AccountCard>
  );
}

function Chosen({ owner, loggedIn }: { owner: LinkOwner; loggedIn: boolean }) {
  const words = texts.value;
  useLayoutEffect(() => {
    // The token is used up: neither a bookmark nor the history needs it.
    history.replaceState(null, "", location.pathname);
    localStorage.setItem("geo-assign-organization", owner.organization);
  }, [owner]);
  if (owner.role === "technician") {
    return (
      <AccountCard title={words.isSet}>
        <p>{words.useApp}</p>
        <dl class="facts">
          <dt>{words.organization}</dt>
          <dd>{owner.organization}</dd>
          <dt>{words.email}</dt>
          <dd>{owner.email}</dd>
        </dl>
        <a class="btn pri" href="/app/">
          {words.openApp}
        </a>
      </AccountCard>
    );
  }
  return (
    <AccountCard title={words.isSet}>
      <p>{loggedIn ? words.loggedIn : words.loggedOut}</p>
      <LogInLink label={loggedIn ? words.openConsole : words.logIn} />
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
