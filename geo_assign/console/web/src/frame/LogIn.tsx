import type { TargetedEvent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { signOnAddress } from "../model/logIn";
import type { Session } from "../state/session";
import { Mark } from "../symbols/Icon";
import { texts } from "../texts/accounts";
import { CodeForm } from "./CodeForm";
import { Enrol } from "./Enrol";
import { LanguageChoice } from "./LanguageChoice";

/** A person types: the service is asked once the name stands. */
const LOOKS_UP_AFTER_MS = 250;

/** Organization, e-mail and password; then a code, or a second factor to switch on, where one is asked for. */
export function LogIn({ session }: { session: Session }) {
  if (session.mustEnrol.value) return <Enrol session={session} demanded />;
  if (session.awaitsCode.value) return <CodeForm session={session} />;
  return <PasswordForm session={session} />;
}

function PasswordForm({ session }: { session: Session }) {
  const words = texts.value;
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const field = (name: string) => String(data.get(name) ?? "");
    void session.logIn({
      organization: field("organization").trim(),
      email: field("email").trim(),
      password: field("password"),
    });
  };
  const [organization, setOrganization] = useState(session.lastOrganization);
  useEffect(() => {
    const asked = setTimeout(() => void session.lookUpWays(organization), LOOKS_UP_AFTER_MS);
    return () => clearTimeout(asked);
  }, [organization]);
  const name = (event: TargetedEvent<HTMLInputElement>) => setOrganization(event.currentTarget.value.trim());
  const ways = session.ways.value;
  const problem = session.problem.value;
  const firstStep = session.config.value.first_step;
  return (
    <main class="login">
      <form class="card" method="post" onSubmit={submit} aria-labelledby="login-title">
        <div class="brand">
          <Mark />
          geo-assign
        </div>
        <h1 id="login-title">{words.logIn}</h1>
        {firstStep && (
          <p class="first-step" role="status">
            {firstStep}
          </p>
        )}
        <label>
          {words.organization}
          <input
            name="organization"
            required
            autocomplete="organization"
            autocapitalize="none"
            spellcheck={false}
            defaultValue={session.lastOrganization}
            onInput={name}
          />
        </label>
        {ways.password && (
          <>
            <label>
              {words.email}
              <input name="email" type="email" required autocomplete="username" />
            </label>
            <label>
              {words.password}
              <input name="password" type="password" required autocomplete="current-password" />
            </label>
          </>
        )}
        <p class="field-problem" role="alert">
          {problem}
        </p>
        {ways.password && (
          <button class="btn pri" type="submit" disabled={session.busy.value}>
            {session.busy.value ? words.loggingIn : words.logIn}
          </button>
        )}
        {ways.single_sign_on && <SignOnButton session={session} organization={organization} main={!ways.password} />}
        {ways.password && <a href="/console/forgot-password">{words.forgot}</a>}
        <LanguageChoice label={words.language} />
      </form>
    </main>
  );
}

function SignOnButton({ session, organization, main }: { session: Session; organization: string; main: boolean }) {
  const leave = () => {
    session.remember(organization);
    location.assign(signOnAddress(organization));
  };
  return (
    <button class={main ? "btn pri" : "btn"} type="button" onClick={leave}>
      {texts.value.signOn}
    </button>
  );
}
