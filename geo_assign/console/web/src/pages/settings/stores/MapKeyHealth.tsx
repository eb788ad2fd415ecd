import type { WorkOrder } from "../../../api/types";
import { hrefOf } from "../../../frame/router";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import { useSettings } from "../state";
import { answered } from "../things/resource";
import { useLoad } from "../useLoad";
import { ago, count } from "../words";
import { type MapKey, shareUsed } from "./mapKeys";

const WAITING_FOR_A_PLACE = ["needs_location", "map_key_missing", "geocoder_unavailable"];

/** Whether a key works, how much of its day is used, what the provider refused last, and which work waits because of it. */
export function MapKeyHealth({ mapKey, storeId }: { mapKey: MapKey; storeId: string }) {
  const { client } = useSettings();
  const said = texts.value.mapKey;
  const waiting = useLoad(`waiting/${storeId}/${mapKey.tested_at}`, async () => {
    const query = { state: ["pending" as const], store_id: storeId, limit: 200 };
    const page = await answered(client.api.GET("/v1/work-orders", { params: { query } }));
    return page.items.filter((order: WorkOrder) => WAITING_FOR_A_PLACE.includes(order.pending_reason ?? "")).length;
  });
  const budget = mapKey.daily_budget;
  const share = shareUsed(mapKey.used_today, budget);
  return (
    <dl class="kr">
      <div>
        <dt>{said.testRow}</dt>
        <dd>
          <State mapKey={mapKey} />
          <small>{mapKey.tested_at ? ago(mapKey.tested_at) : said.neverTested}</small>
        </dd>
      </div>
      <div>
        <dt>{said.quotaRow}</dt>
        <dd>
          {budget !== null && <meter class="quota" min={0} max={1} value={share} aria-label={said.quotaRow} />}
          {budget === null
            ? said.unlimited(count(mapKey.used_today))
            : said.quota(count(mapKey.used_today), count(budget))}
          <small>{said.quotaRenews}</small>
        </dd>
      </div>
      <div>
        <dt>{said.errorsRow}</dt>
        <dd>
          {mapKey.last_error ? (
            <>
              <span class="wrd">
                <Icon name="warn" />
              </span>
              {mapKey.last_error}
            </>
          ) : (
            said.noErrors
          )}
          {mapKey.blocked_until && Date.parse(mapKey.blocked_until) > Date.now() && (
            <small>{said.blocked(ago(mapKey.blocked_until))}</small>
          )}
        </dd>
      </div>
      <div>
        <dt />
        <dd>
          {waiting.value === undefined || waiting.value === 0 ? (
            said.waitingNone
          ) : (
            <a href={hrefOf("pending", { store: storeId })}>{said.waiting(waiting.value)}</a>
          )}
        </dd>
      </div>
    </dl>
  );
}

function State({ mapKey }: { mapKey: MapKey }) {
  const said = texts.value.mapKey;
  if (mapKey.status === "ok") {
    return (
      <>
        <span class="okd">
          <Icon name="check" />
        </span>
        <b>{said.works}</b>
      </>
    );
  }
  return (
    <>
      <span class="wrd">
        <Icon name="warn" />
      </span>
      <b>{mapKey.status === "invalid" ? said.refusedKey : said.untested}</b>
    </>
  );
}
