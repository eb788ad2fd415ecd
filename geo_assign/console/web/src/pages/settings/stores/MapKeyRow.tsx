import { useState } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import { Confirm } from "../Confirm";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered } from "../things/resource";
import { useLoad } from "../useLoad";
import { MapKeyForm } from "./MapKeyForm";
import { MapKeyHealth } from "./MapKeyHealth";
import { type MapKey, type MapKeyBody, providerOf } from "./mapKeys";

/** The Lead Map Key: whose it is, whether it works, how much of it is used, and what went wrong last. */
export function MapKeyRow({ storeId }: { storeId: string }) {
  const { client } = useSettings();
  const said = texts.value.mapKey;
  const path = { params: { path: { id: storeId } } };
  const [editing, setEditing] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ApiProblem | null>(null);
  const loaded = useLoad(`map-key/${storeId}`, () =>
    findKey(() => answered(client.api.GET("/v1/stores/{id}/map-key", path))),
  );
  const tried = async (act: () => Promise<MapKey | null>) => {
    setBusy(true);
    setProblem(null);
    try {
      loaded.set(await act());
      setEditing(false);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(error);
    } finally {
      setBusy(false);
    }
  };
  const put = (body: MapKeyBody) => tried(() => answered(client.api.PUT("/v1/stores/{id}/map-key", { ...path, body })));
  const test = () => tried(async () => (await answered(client.api.POST("/v1/stores/{id}/map-key/test", path))).map_key);
  const remove = () =>
    tried(async () => {
      await client.api.DELETE("/v1/stores/{id}/map-key", path);
      return null;
    });
  const key = loaded.value;
  if (key === undefined) return <Trouble loaded={loaded} />;
  return (
    <div class="row key">
      <div class="tx">
        <h2>{said.title}</h2>
        <p>{said.what}</p>
      </div>
      {editing ? (
        <MapKeyForm
          present={key}
          busy={busy}
          problem={problem}
          onPut={(body) => void put(body)}
          onLeave={() => setEditing(false)}
        />
      ) : key ? (
        <>
          <div class="kf">
            <div>
              <span class="lab">{said.provider}</span>
              <span class="inp">{providerOf(key.provider).title}</span>
            </div>
            <div>
              <span class="lab">{said.key}</span>
              <span class="inp">
                <Icon name="lock" />
                <span>{key.key_hint ? said.endsIn(key.key_hint) : said.noKeyNeeded}</span>
                <button type="button" class="lnk" onClick={() => setEditing(true)}>
                  {said.replace}
                </button>
              </span>
            </div>
            <button type="button" class="btn" disabled={busy} onClick={() => void test()}>
              {busy ? said.testing : said.test}
            </button>
          </div>
          {problem && (
            <p class="bad" role="alert">
              {problem.message}
            </p>
          )}
          <MapKeyHealth mapKey={key} storeId={storeId} />
          <Confirm label={said.remove} means={said.removeMeans} onSure={() => void remove()} />
        </>
      ) : (
        <p class="bar">
          {said.none}
          <button type="button" class="btn" onClick={() => setEditing(true)}>
            {said.set}
          </button>
        </p>
      )}
    </div>
  );
}

/** A key, or null where there is none. */
async function findKey(read: () => Promise<MapKey>): Promise<MapKey | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}
