import type { ComponentType } from "preact";
import { useEffect, useErrorBoundary, useState } from "preact/hooks";
import { texts } from "../texts/console";
import { textsLoaded } from "../texts/language";

type Load<P> = () => Promise<{ default: ComponentType<P> }>;

/** A component whose code is loaded when it is shown first; it says that it loads, that it could not be loaded, or that it broke. */
export function Lazy<P extends object>({ load, props }: { load: Load<P>; props: P }) {
  const [Content, setContent] = useState<ComponentType<P> | null>(null);
  const [failed, setFailed] = useState(false);
  // What a page throws while it is drawn takes that page away, and nothing around it.
  const [broken] = useErrorBoundary(reportError);
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
  if (broken) return <Failed says={texts.value.frame.pageBroken} />;
  if (failed) return <Failed says={texts.value.frame.pageFailed} />;
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

function Failed({ says }: { says: string }) {
  return (
    <main class="splash">
      <div role="alert">
        <h1>{says}</h1>
      </div>
      <button type="button" class="btn" onClick={() => location.reload()}>
        {texts.value.frame.reload}
      </button>
    </main>
  );
}
