import type { TargetedEvent } from "preact";
import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { Key } from "./Ways";

/** An order without a place: take a suggestion, put the address right, or drop a pin. */
export function Locate({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const problem = desk.location.problem.value;
  return (
    <div class="locate">
      {desk.placing.value ? <Placing /> : <WaysOut order={order} />}
      {problem && (
        <p class="field-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function WaysOut({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const suggestions = order.location_candidates;
  const words = texts.value.panel;
  const why = { map_key_missing: words.noMapKey, geocoder_unavailable: words.geocoderDown }[
    order.pending_reason as string
  ];
  return (
    <>
      <h2>{suggestions.length > 0 ? words.which : words.addressNotFound}</h2>
      <p class="muted">{why ?? words.onceKnown}</p>
      {suggestions.length > 0 && (
        <ul class="suggestions">
          {suggestions.map(({ label, lat, lon, confidence }) => (
            <li key={`${label} ${lat} ${lon}`}>
              <button
                type="button"
                class="suggestion"
                disabled={desk.location.busy.value}
                onClick={() => void desk.locate({ location: { lat, lon } })}
              >
                <Icon name="pin" />
                <span>{label}</span>
                <span class="chip">{confidence}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      <AddressForm order={order} />
      <button type="button" class="btn" onClick={() => desk.startPlacing()}>
        <Icon name="pin" />
        {words.dropPin} <Key name="P" />
      </button>
    </>
  );
}

function AddressForm({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const address = String(new FormData(event.currentTarget).get("address") ?? "").trim();
    if (address) void desk.locate({ address });
  };
  return (
    <form class="address" onSubmit={submit}>
      <label>
        {texts.value.panel.address}
        <input name="address" defaultValue={order.address ?? ""} required autocomplete="off" />
      </label>
      <button class="btn" type="submit" disabled={desk.location.busy.value}>
        {desk.location.busy.value ? texts.value.panel.lookingUp : texts.value.panel.lookUp}
      </button>
    </form>
  );
}

function Placing() {
  const { desk } = usePage();
  const at = desk.placing.value;
  if (!at) return null;
  return (
    <>
      <h2>{texts.value.panel.putPin}</h2>
      <p class="muted">{texts.value.panel.pinHelp}</p>
      <p class="tabular">{`${at.lat.toFixed(5)}, ${at.lon.toFixed(5)}`}</p>
      <div class="act">
        <button
          type="button"
          class="btn pri"
          disabled={desk.location.busy.value}
          onClick={() => void desk.locate({ location: at })}
        >
          {desk.location.busy.value ? (
            texts.value.panel.saving
          ) : (
            <>
              {texts.value.panel.savePin} <kbd>Enter</kbd>
            </>
          )}
        </button>
        <button type="button" class="btn" onClick={() => (desk.placing.value = null)}>
          {texts.value.panel.cancel}
        </button>
      </div>
    </>
  );
}
