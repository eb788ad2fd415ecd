import type { TargetedEvent } from "preact";
import type { Session } from "../state/session";
import { Mark } from "../symbols/Icon";

/** Organization, e-mail and password. */
export function LogIn({ session }: { session: Session }) {
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const field = (name: string) => String(data.get(name) ?? "");
    void session.logIn({ organization: field("organization").trim(), email: field("email").trim(), password: field("password") });
  };
  const problem = session.problem.value;
  const firstStep = session.config.value.first_step;
  return (
    <main class="login">
      <form class="card" method="post" onSubmit={submit} aria-labelledby="login-title">
        <div class="mark">
          <Mark />
          geo-assign
        </div>
        <h1 id="login-title">Log in</h1>
        {firstStep && (
          <p class="first-step" role="status">
            {firstStep}
          </p>
        )}
        <label>
          Organization
          <input name="organization" required autocomplete="organization" autocapitalize="none" spellcheck={false} defaultValue={session.lastOrganization} />
        </label>
        <label>
          E-mail
          <input name="email" type="email" required autocomplete="username" />
        </label>
        <label>
          Password
          <input name="password" type="password" required autocomplete="current-password" />
        </label>
        <p class="field-problem" role="alert">{problem}</p>
        <button class="btn pri" type="submit" disabled={session.busy.value}>
          {session.busy.value ? "Logging in…" : "Log in"}
        </button>
      </form>
    </main>
  );
}
