import { useState } from "preact/hooks";
import type { components } from "../../../api/document.gen";
import { queryValue, setQuery } from "../../../frame/router";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { Once } from "../Copy";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered } from "../things/resource";
import type { TabProps } from "../things/ThingPage";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { when } from "../words";

type Delivery = components["schemas"]["DeliveryAnswer"];
type DeliveryState = components["schemas"]["DeliveryState"];

const STATES: readonly DeliveryState[] = ["waiting", "delivered", "dead"];

/** Whether a receiver takes what it is sent, and another secret for it. */
export function WebhookHealth({ thing }: TabProps) {
  const { client } = useSettings();
  const said = texts.value.webhooks;
  const params = { params: { path: { id: thing.id } } };
  const [told, setTold] = useState<string | null>(null);
  const [secret, setSecret] = useState<string | null>(null);
  const tried = useTried();
  const test = () =>
    tried.run(async () => {
      const answer = await answered(client.api.POST("/v1/webhooks/{id}/test", params));
      setTold(answer.ok ? said.testOk(answer.status_code, answer.duration_ms) : said.testFailed(answer.error ?? ""));
    });
  const rotate = () =>
    tried.run(async () =>
      setSecret((await answered(client.api.POST("/v1/webhooks/{id}/rotate-secret", params))).secret),
    );
  const { paused_until, disabled_because } = thing.value as Record<string, string | null>;
  return (
    <Card title={said.test} what={said.rotateWhat}>
      {disabled_because && <p class="bad">{said.gone}</p>}
      {paused_until && Date.parse(paused_until) > Date.now() && <p class="bad">{said.paused(when(paused_until))}</p>}
      <p class="acts">
        <button type="button" class="btn" disabled={tried.busy} onClick={() => void test()}>
          {said.test}
        </button>
        <button type="button" class="btn" disabled={tried.busy} onClick={() => void rotate()}>
          {said.rotate}
        </button>
      </p>
      <p role="status">{told}</p>
      {secret && <Once text={secret} means={said.secretOnce} label={texts.value.keys.copy} />}
      <Refusal problem={tried.problem} />
    </Card>
  );
}

/** What was sent to a receiver and what it said, newest first. */
export function Deliveries({ thing }: TabProps) {
  const { client } = useSettings();
  const said = texts.value.webhooks;
  const chosen = STATES.find((state) => state === queryValue("state"));
  const tried = useTried();
  const [told, setTold] = useState<string | null>(null);
  const path = { id: thing.id };
  const load = async (cursor: string | null) => {
    const query = { limit: 50, ...(chosen ? { state: [chosen] } : {}), ...(cursor === null ? {} : { cursor }) };
    return answered(client.api.GET("/v1/webhooks/{id}/deliveries", { params: { path, query } }));
  };
  const loaded = useLoad(`deliveries/${thing.id}/${chosen ?? ""}`, () => load(null));
  const more = async (cursor: string) => {
    const page = await load(cursor);
    loaded.set({ items: [...(loaded.value?.items ?? []), ...page.items], next_cursor: page.next_cursor });
  };
  const redriveAll = () =>
    tried.run(async () => {
      setTold(
        said.redriven((await answered(client.api.POST("/v1/webhooks/{id}/redrive", { params: { path } }))).redriven),
      );
      loaded.again();
    });
  const redrive = (delivery_id: string) =>
    tried.run(async () => {
      await client.api.POST("/v1/webhooks/{id}/deliveries/{delivery_id}/redrive", {
        params: { path: { id: thing.id, delivery_id } },
      });
      setTold(said.redriven(1));
      loaded.again();
    });
  const next = loaded.value?.next_cursor;
  return (
    <Card title={said.deliveries}>
      <p class="acts">
        <span class="pick" role="group" aria-label={said.state}>
          <button type="button" aria-pressed={!chosen} onClick={() => setQuery({ state: null })}>
            {said.allStates}
          </button>
          {STATES.map((state) => (
            <button key={state} type="button" aria-pressed={state === chosen} onClick={() => setQuery({ state })}>
              {said.states[state]}
            </button>
          ))}
        </span>
        <button type="button" class="btn" disabled={tried.busy} onClick={() => void redriveAll()}>
          {said.redriveDead}
        </button>
      </p>
      <p role="status">{told}</p>
      <Refusal problem={tried.problem} />
      {loaded.value ? (
        <ul class="facts">
          {loaded.value.items.map((delivery) => (
            <DeliveryLine key={delivery.id} delivery={delivery} onRedrive={() => void redrive(delivery.id)} />
          ))}
          {loaded.value.items.length === 0 && <li class="mut">{said.noDeliveries}</li>}
        </ul>
      ) : (
        <Trouble loaded={loaded} />
      )}
      {next && (
        <button type="button" class="btn" onClick={() => void more(next)}>
          {texts.value.list.more}
        </button>
      )}
    </Card>
  );
}

function DeliveryLine({ delivery, onRedrive }: { delivery: Delivery; onRedrive: () => void }) {
  const said = texts.value.webhooks;
  const last = delivery.attempts.at(-1);
  return (
    <li class="tall">
      <b>{delivery.event}</b>
      <span class={delivery.state === "dead" ? "chip danger" : "chip"}>{said.states[delivery.state]}</span>
      <span class="mut">{when(delivery.occurred_at)}</span>
      <span class="mut">
        {said.attempts(delivery.attempts.length)}
        {last?.status_code ? ` · ${last.status_code}` : ""}
      </span>
      {delivery.last_error && <span class="bad">{delivery.last_error}</span>}
      <button type="button" class="lnk" onClick={onRedrive}>
        {said.redrive}
      </button>
      {last?.response && <code class="said">{last.response}</code>}
    </li>
  );
}
