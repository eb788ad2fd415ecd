import { useEffect } from "preact/hooks";
import { Mark } from "../symbols/Icon";
import { texts } from "../texts/accounts";

/** Seldom enough for a service that is coming back. */
const ASKS_EVERY_MS = 5_000;

interface UnreachableProps {
  why: string;
  /** Ask again who is logged in. */
  again: () => void;
}

/** It is not known who is logged in, because the service does not say. It is asked again until it does. */
export function Unreachable({ why, again }: UnreachableProps) {
  const words = texts.value;
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && again(), ASKS_EVERY_MS);
    addEventListener("online", again);
    return () => {
      clearInterval(timer);
      removeEventListener("online", again);
    };
  }, [again]);
  return (
    <main class="login account-page">
      <section class="card" aria-labelledby="unreachable">
        <div class="mark">
          <Mark />
          geo-assign
        </div>
        <div role="alert">
          <h1 id="unreachable">{why}</h1>
          <p>{words.stillLoggedIn}</p>
        </div>
        <button type="button" class="btn pri" onClick={again}>
          {words.askAgain}
        </button>
      </section>
    </main>
  );
}
