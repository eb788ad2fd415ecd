import { texts } from "../../../texts/settings";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered } from "../things/resource";
import { useLoad } from "../useLoad";
import { ago, count } from "../words";

/** What the organization uses of what its operator allows. */
export function Limits() {
  const { client } = useSettings();
  const said = texts.value.limits;
  const loaded = useLoad("limits", () => answered(client.api.GET("/v1/usage")));
  if (!loaded.value) return <Trouble loaded={loaded} of={texts.value.sections.limits} />;
  const { quotas, leads_refused, positions_rejected } = loaded.value;
  return (
    <section class="thing" aria-labelledby="limits-title">
      <header class="hd plain">
        <h1 id="limits-title">{texts.value.sections.limits}</h1>
        <p class="mut">{said.what}</p>
      </header>
      <div class="scroll">
        <div class="rows">
          {quotas.map((quota) => (
            <div class="row" key={quota.quota}>
              <div class="tx">
                <h2>
                  {said.quotas[quota.quota]}
                  {quota.state !== "ok" && (
                    <span class="chip warn">{quota.state === "used_up" ? said.used : said.nearly}</span>
                  )}
                </h2>
                <p>{quota.renews_at && said.renews(ago(quota.renews_at))}</p>
              </div>
              <div class="ct">
                {quota.limit !== null && (
                  <meter
                    class="quota"
                    min={0}
                    max={quota.limit}
                    value={quota.used}
                    aria-label={said.quotas[quota.quota]}
                  />
                )}
                <b class="num-text">
                  {quota.limit === null
                    ? `${count(quota.used)}, ${said.noLimit}`
                    : said.of(count(quota.used), count(quota.limit))}
                </b>
              </div>
            </div>
          ))}
        </div>
        {leads_refused > 0 && <p class="bad">{said.refused(leads_refused)}</p>}
        {positions_rejected > 0 && <p class="bad">{said.rejected(positions_rejected)}</p>}
      </div>
    </section>
  );
}
