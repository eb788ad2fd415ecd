import type { TargetedEvent } from "preact";
import type { Session } from "../state/session";
import { Mark } from "../symbols/Icon";
import { texts } from "../texts/accounts";
import { CodeField } from "./CodeField";

/** The password was right; now the code of the authenticator app, or a recovery code. */
export function CodeForm({ session }: { session: Session }) {
  const words = texts.value;
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    void session.sendCode(String(new FormData(event.currentTarget).get("code") ?? ""));
  };
  return (
    <main class="login">
      <form class="card" onSubmit={submit} aria-labelledby="code-title">
        <div class="brand">
          <Mark />
          geo-assign
        </div>
        <h1 id="code-title">{words.enterCode}</h1>
        <p class="hint">{words.codeHint}</p>
        <CodeField />
        <p class="field-problem" role="alert">
          {session.problem.value}
        </p>
        <button class="btn pri" type="submit" disabled={session.busy.value}>
          {session.busy.value ? words.checking : words.continue}
        </button>
        <button class="btn" type="button" onClick={() => void session.giveUp()}>
          {words.back}
        </button>
      </form>
    </main>
  );
}
