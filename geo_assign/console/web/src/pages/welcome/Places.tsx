import { useState } from "preact/hooks";
import { clockTime } from "../../model/zone";
import { texts } from "../../texts/settings";
import { Rows } from "../settings/form/Rows";
import { Failure } from "../settings/form/SaveBar";
import { optionText } from "../settings/form/words";
import { Refusal } from "../settings/Refusal";
import { useSettings } from "../settings/state";
import { MapKeyForm } from "../settings/stores/MapKeyForm";
import type { MapKeyBody } from "../settings/stores/mapKeys";
import { answered, type Resource } from "../settings/things/resource";
import { NEW_STORE_FIELDS, STORES } from "../settings/things/workforce";
import { useTried } from "../settings/useTried";
import { distance } from "../settings/words";
import { Check, Checks } from "./Check";
import { type Facts, metresBetween } from "./steps";

export interface StepProps {
  facts: Facts;
  again: () => void;
}

export function Company() {
  const { me } = useSettings();
  const said = texts.value.firstRun.company;
  return (
    <>
      <dl class="pairs card">
        <div>
          <dt>{said.name}</dt>
          <dd>
            <b>{me.organization.name}</b>
          </dd>
        </div>
        <div>
          <dt>{said.slug}</dt>
          <dd>
            <code>{me.organization.slug}</code>
          </dd>
        </div>
        <div>
          <dt>{said.you}</dt>
          <dd>
            {me.user.name}, {me.user.email}
          </dd>
        </div>
      </dl>
      <Checks>
        <Check state="passed" title={said.check} what={said.invite} />
      </Checks>
    </>
  );
}

/** A form that makes a thing of the settings in place. */
export function Making({
  resource,
  fields,
  label,
  onMade,
}: {
  resource: Resource;
  fields?: Resource["newFields"];
  label: string;
  onMade: () => void;
}) {
  const settings = useSettings();
  const key = `welcome/${resource.section}`;
  const first = settings.names.stores.value[0];
  const start = "store_id" in resource.start && first ? { ...resource.start, store_id: first.id } : resource.start;
  const form = settings.form(key, { value: start, version: null });
  const make = async () => {
    const made = await form.save(async ({ draft, version }) => {
      await resource.create(settings.client.api, draft);
      return { value: draft, version };
    });
    if (!made) return;
    settings.forget(key);
    onMade();
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <Rows fields={fields ?? resource.newFields} form={form} label={label} fresh />
      <Failure form={form} />
      <p class="acts">
        <button type="submit" class="btn pri" disabled={form.saving.value}>
          {label}
        </button>
      </p>
    </form>
  );
}

const FIRST_STORE_FIELDS = NEW_STORE_FIELDS.filter((field) => field.name !== "slug");

export function FirstStore({ facts, again }: StepProps) {
  const settings = useSettings();
  const said = texts.value.firstRun.store;
  const [failed, setFailed] = useState(false);
  const store = facts.stores[0];
  const here = () =>
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const form = settings.form("welcome/stores", { value: STORES.start, version: null });
        form.set("location", { lat: Number(coords.latitude.toFixed(5)), lon: Number(coords.longitude.toFixed(5)) });
      },
      () => setFailed(true),
    );
  return (
    <>
      {!store && (
        <>
          <Making resource={STORES} fields={FIRST_STORE_FIELDS} label={said.create} onMade={again} />
          <p class="mut">
            {said.place}{" "}
            <button type="button" class="lnk" onClick={here}>
              {said.here}
            </button>{" "}
            {failed && <span class="bad">{said.hereFailed}</span>}
          </p>
        </>
      )}
      <Checks>
        <Check
          state={store ? "passed" : "todo"}
          title={said.check(store?.name ?? texts.value.firstRun.steps.store)}
          what={store && said.checkWhat(store.timezone, clockTime(Date.now(), store.timezone))}
        />
      </Checks>
    </>
  );
}

export function FirstMapKey({ facts, again }: StepProps) {
  const { client } = useSettings();
  const said = texts.value.firstRun.mapKey;
  const store = facts.stores[0];
  const [found, setFound] = useState<{ label: string; confidence: string; metres: number; ms: number } | null>(null);
  const [address, setAddress] = useState("");
  const [missed, setMissed] = useState<string | null>(null);
  const put = useTried();
  const look = useTried();
  if (!store) return null;
  const save = (body: MapKeyBody) =>
    void put.run(async () => {
      await client.api.PUT("/v1/stores/{id}/map-key", { params: { path: { id: store.id } }, body });
      again();
    });
  const find = () =>
    look.run(async () => {
      const begun = performance.now();
      const answer = await answered(client.api.POST("/v1/geocode", { body: { store_id: store.id, address } }));
      const place = answer.location ?? answer.candidates[0];
      setMissed(place ? null : (answer.detail ?? said.notFound));
      setFound(
        place
          ? {
              label: place.label,
              confidence: place.confidence,
              metres: metresBetween(place, store.location),
              ms: Math.round(performance.now() - begun),
            }
          : null,
      );
    });
  return (
    <>
      <div class="card">
        <MapKeyForm present={facts.mapKey} busy={put.busy} problem={put.problem} onPut={save} />
      </div>
      <Checks>
        <Check
          state={facts.mapKey?.status === "ok" ? "passed" : "todo"}
          title={said.check}
          what={facts.mapKey?.last_error ?? undefined}
        />
        <Check
          state={found ? "passed" : "todo"}
          title={found ? said.found(found.label, found.ms) : said.checkAddress}
          what={found ? said.confidence(optionText(found.confidence), distance(found.metres)) : (missed ?? undefined)}
        >
          {facts.mapKey && (
            <form
              class="inline"
              onSubmit={(event) => {
                event.preventDefault();
                void find();
              }}
            >
              <label>
                {said.address}
                <input class="in" required value={address} onInput={(event) => setAddress(event.currentTarget.value)} />
              </label>
              <button type="submit" class="btn" disabled={look.busy}>
                {said.find}
              </button>
            </form>
          )}
          <Refusal problem={look.problem} />
        </Check>
      </Checks>
    </>
  );
}
