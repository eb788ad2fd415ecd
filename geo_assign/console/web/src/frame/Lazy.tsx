import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { texts } from "../texts/console";
import { textsLoaded } from "../texts/language";

type Load<P> = () => Promise<{ default: ComponentType<P> }>;

/** A component whose code is loaded when it is shown first; it says that it loads, or that it could not be loaded. */
export function Lazy<P extends object>({ load, props }: { load: Load<P>; props: P }) {
  const [Content, setContent] = useState<ComponentType<P> | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    let gone = false;
    loadWithTexts(load).then(
      (module) => !gone && setContent(() => module.default),
      (error: Error) => {
        console.warn(error.message);
        if (!gone) setFailed(true);
      },
    );
    return () => {
      gone = true;
    };
  }, [load]);
  if (failed) return <LoadFailed />;
  if (!Content)
    return (
      <p class="splash" role="status">
        {texts.value.frame.loading}
      </p>
    );
  return <Content {...props} />;
}

/** What a page imports may be texts of its own. */
async function loadWithTexts<P>(load: Load<P>) {
  const module = await load();
  await textsLoaded();
  return module;
}

function LoadFailed() {
  const { pageFailed, reload } = texts.value.frame;
  return (
    <main class="splash">
      <div role="alert">
        <h1>{pageFailed}</h1>
      </div>
      <button type="button" class="btn" onClick={() => location.reload()}>
        {reload}
      </button>
    </main>
  );
}
