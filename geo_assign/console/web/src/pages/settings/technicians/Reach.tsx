import { hrefOf } from "../../../frame/router";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered } from "../things/resource";
import type { TabProps } from "../things/ThingPage";
import { useLoad } from "../useLoad";
import { when } from "../words";

const HOURS = 72;

/** When a technician's phone was not heard from on duty, and which work orders passed by meanwhile. */
export function Reach({ thing }: TabProps) {
  const { client, zoneOf } = useSettings();
  const said = texts.value.technician;
  const storeId = String(thing.value.store_id);
  const loaded = useLoad(`reach/${thing.id}`, async () => {
    const query = { hours: HOURS, store_id: [storeId], limit: 200 };
    const page = await answered(client.api.GET("/v1/reachability", { params: { query } }));
    return page.items.filter((silence) => silence.technician_id === thing.id);
  });
  const zone = zoneOf.call(useSettings(), storeId);
  return (
    <Card title={said.silences} what={said.silencesWhat}>
      {loaded.value ? (
        <ul class="facts">
          {loaded.value.map((silence) => (
            <li key={silence.began_at}>
              <b>{when(silence.began_at, zone)}</b>
              <span>– {silence.ended_at ? when(silence.ended_at, zone) : said.lasts}</span>
              <span class="mut">{silence.reason}</span>
              {silence.missed_count > 0 && (
                <a href={hrefOf("order", { id: silence.missed[0]?.work_order_id ?? null })}>
                  {said.missed(silence.missed_count)}
                </a>
              )}
            </li>
          ))}
          {loaded.value.length === 0 && <li class="mut">{said.noSilences}</li>}
        </ul>
      ) : (
        <Trouble loaded={loaded} />
      )}
    </Card>
  );
}
