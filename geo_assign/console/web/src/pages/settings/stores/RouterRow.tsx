import { useEffect, useState } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import type { components } from "../../../api/document.gen";
import { texts } from "../../../texts/settings";
import { useSettings } from "../state";
import { answered } from "../things/resource";

type RouterTest = components["schemas"]["RouterTestAnswer"];

interface RouterRowProps {
  storeId: string;
  /** The router that is stored. */
  router: unknown;
  /** When the settings were saved last, in this window: then the router is tried by itself. */
  savedAt: number | null;
}

/** Whether the store's router answers, tried when it was saved and whenever that is asked. */
export function RouterRow({ storeId, router, savedAt }: RouterRowProps) {
  const { client } = useSettings();
  const said = texts.value.router;
  const [busy, setBusy] = useState(false);
  const [told, setTold] = useState<RouterTest | null>(null);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const isChosen = router === "osrm" || router === "valhalla";
  const test = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const path = { params: { path: { id: storeId } } };
      setTold(await answered(client.api.POST("/v1/stores/{id}/router/test", path)));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    setTold(null);
    if (isChosen && savedAt !== null) void test();
  }, [savedAt, router]);
  if (!isChosen) return null;
  return (
    <div class="row key">
      <div class="tx">
        <h2>{said.title}</h2>
        <p>{said.what}</p>
      </div>
      <button type="button" class="btn" disabled={busy} onClick={() => void test()}>
        {busy ? said.testing : said.test}
      </button>
      <p role="status" class={told && !told.ok ? "bad" : "mut"}>
        {told && (told.ok ? said.works : `${told.problem?.detail ?? ""} ${said.meanwhile}`)}
      </p>
      {problem && (
        <p class="bad" role="alert">
          {problem.message}
        </p>
      )}
    </div>
  );
}
