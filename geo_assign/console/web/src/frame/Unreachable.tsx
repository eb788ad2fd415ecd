import { useCallback, useEffect, useRef } from "preact/hooks";
import { Mark } from "../symbols/Icon";
import { texts } from "../texts/accounts";

/** Seldom enough for a service that is coming back. */
const ASKS_EVERY_MS = 5_000;

interface UnreachableProps {
  why: string;
  /** Ask again who is logged in. */
  again: () => Promise<void>;
}

/** It is not known who is logged in, because the service does not say. It is asked again until it does. */
export function Unreachable({ why, again }: UnreachableProps) {
  const words = texts.value;
  const asking = useRef(false);
  const ask = useCallback(async () => {
    // A slow service is not asked faster than it answers.
    if (asking.current) return;
    asking.current = true;
    await again().finally(() => {
      asking.current = false;
    });
  }, [again]);
  useEffect(() => {
    const asked = () => void (document.visibilityState === "visible" && ask());
    const timer = setInterval(asked, ASKS_EVERY_MS);
    addEventListener("online", asked);
    return () => {
      clearInterval(timer);
      removeEventListener("online", asked);
    };
  }, [ask]);
  return (
    <main class="login account-page">
      <section class="card" aria-labelledby="unreachable">
        <div class="brand">
          <Mark />
          geo-assign
        </div>
        <div role="alert">
          <h1 id="unreachable">{why}</h1>
          <p>{words.stillLoggedIn}</p>
        </div>
        <button type="button" class="btn pri" onClick={() => void ask()}>
          {words.askAgain}
        </button>
      </section>
    </main>
  );
}
