import { useState } from "preact/hooks";
import type { components } from "../../../api/document.gen";
import { texts } from "../../../texts/settings";
import { Invite } from "../access/Invite";
import { Card } from "../Card";
import { Confirm } from "../Confirm";
import { Drawn, Once } from "../Copy";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered } from "../things/resource";
import type { TabProps } from "../things/ThingPage";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { ago } from "../words";

type NewTracker = components["schemas"]["NewTrackerAnswer"];
type TrackerApp = components["schemas"]["TrackerApp"];

const APPS: Readonly<Record<TrackerApp, string>> = {
  owntracks: "OwnTracks",
  traccar: "Traccar Client",
  osmand: "OsmAnd",
  overland: "Overland",
};

/** How a technician logs in, and which free apps send positions. */
export function Phone(props: TabProps) {
  const said = texts.value.technician;
  const { thing } = props;
  return (
    <>
      <Card title={said.login} what={said.loginWhat}>
        {thing.value.user_id ? (
          <p>
            {said.hasLogin} {thing.value.on_duty ? said.onDuty : said.offDuty}
          </p>
        ) : (
          <>
            <p>{said.noLogin}</p>
            <Invite body={{ role: "technician", technician_id: thing.id }} onInvited={props.again} />
          </>
        )}
      </Card>
      <Trackers {...props} />
    </>
  );
}

function Trackers({ thing }: TabProps) {
  const { client } = useSettings();
  const said = texts.value.technician;
  const { id } = thing;
  const [name, setName] = useState("");
  const [app, setApp] = useState<TrackerApp>("owntracks");
  const [made, setMade] = useState<NewTracker | null>(null);
  const tried = useTried();
  const loaded = useLoad(
    `trackers/${id}`,
    async () => (await answered(client.api.GET("/v1/technicians/{id}/trackers", { params: { path: { id } } }))).items,
  );
  const create = async () => {
    const body = { name: name.trim(), app };
    const isMade = await tried.run(async () =>
      setMade(await answered(client.api.POST("/v1/technicians/{id}/trackers", { params: { path: { id } }, body }))),
    );
    if (isMade) {
      setName("");
      loaded.again();
    }
  };
  const revoke = async (tracker_id: string) => {
    if (
      await tried.run(() =>
        client.api.DELETE("/v1/technicians/{id}/trackers/{tracker_id}", { params: { path: { id, tracker_id } } }),
      )
    )
      loaded.again();
  };
  return (
    <Card title={said.trackers} what={said.trackersWhat}>
      {made && <Setup made={made} />}
      {loaded.value ? (
        <ul class="facts">
          {loaded.value.map((tracker) => (
            <li key={tracker.id}>
              <b>{tracker.name}</b>
              <span>{APPS[tracker.app]}</span>
              <span class="mut">{tracker.used_at ? said.lastSent(ago(tracker.used_at)) : said.neverSent}</span>
              {tracker.outcome && <span class="mut">{tracker.outcome}</span>}
              {tracker.revoked_at ? (
                <span class="chip">{said.revoked}</span>
              ) : (
                <Confirm
                  label={said.revoke}
                  means={texts.value.confirm.revokeKeyMeans}
                  onSure={() => void revoke(tracker.id)}
                />
              )}
            </li>
          ))}
          {loaded.value.length === 0 && <li class="mut">{said.noTrackers}</li>}
        </ul>
      ) : (
        <Trouble loaded={loaded} />
      )}
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          void create();
        }}
      >
        <label>
          {said.trackerName}
          <input class="in" required value={name} onInput={(event) => setName(event.currentTarget.value)} />
        </label>
        <label>
          {said.trackerApp}
          <select class="in" value={app} onChange={(event) => setApp(event.currentTarget.value as TrackerApp)}>
            {Object.entries(APPS).map(([value, title]) => (
              <option key={value} value={value}>
                {title}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" class="btn" disabled={tried.busy}>
          {said.addTracker}
        </button>
      </form>
      <Refusal problem={tried.problem} />
    </Card>
  );
}

/** What the new tracker's app must know: to scan, to open on the phone, or to type. */
function Setup({ made }: { made: NewTracker }) {
  const said = texts.value.technician;
  return (
    <div class="setup" role="status">
      {made.qr_svg && <Drawn svg={made.qr_svg} alt={said.trackerMade} />}
      <div class="stack">
        <p>{said.trackerMade}</p>
        {made.config_url && (
          <a class="btn" href={made.config_url}>
            {said.openConfig}
          </a>
        )}
        {made.fields && (
          <details open={!made.config_url}>
            <summary>{said.fieldsOfApp}</summary>
            <dl class="pairs">
              {Object.entries(made.fields).map(([field, value]) => (
                <div key={field}>
                  <dt>{field}</dt>
                  <dd>
                    <code>{value}</code>
                  </dd>
                </div>
              ))}
            </dl>
          </details>
        )}
        {made.token && <Once text={made.token} means="" label={texts.value.keys.copy} />}
      </div>
    </div>
  );
}
