import type { TargetedEvent } from "preact";
import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { Icon } from "../symbols/Icon";

/** An order without a place: take a suggestion, put the address right, or drop a pin. */
export function Locate({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const problem = desk.locateProblem.value;
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

const WHY: Record<string, string> = {
  map_key_missing: "The store has no map key, so addresses are not looked up.",
  geocoder_unavailable: "The address service does not answer; it is asked again by itself.",
};

function WaysOut({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const suggestions = order.location_candidates;
  const why = WHY[order.pending_reason ?? ""] ?? "Technicians can be ranked once the place is known.";
  return (
    <>
      <h2>{suggestions.length > 0 ? "Which address is it?" : "The address was not found"}</h2>
      <p class="muted">{why}</p>
      {suggestions.length > 0 && (
        <ul class="suggestions">
          {suggestions.map(({ label, lat, lon, confidence }) => (
            <li key={`${label} ${lat} ${lon}`}>
              <button
                type="button"
                class="suggestion"
                disabled={desk.locating.value}
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
        Drop a pin
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
        Address
        <input name="address" defaultValue={order.address ?? ""} required autocomplete="off" />
      </label>
      <button class="btn" type="submit" disabled={desk.locating.value}>
        {desk.locating.value ? "Looking…" : "Look up"}
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
      <h2>Put the pin where the customer is</h2>
      <p class="muted">Click the map, or drag the pin. It is never overwritten by the address service.</p>
      <p class="tabular">{`${at.lat.toFixed(5)}, ${at.lon.toFixed(5)}`}</p>
      <div class="act">
        <button
          type="button"
          class="btn pri"
          disabled={desk.locating.value}
          onClick={() => void desk.locate({ location: at })}
        >
          {desk.locating.value ? (
            "Saving…"
          ) : (
            <>
              Save pin <kbd>Enter</kbd>
            </>
          )}
        </button>
        <button type="button" class="btn" onClick={() => (desk.placing.value = null)}>
          Cancel
        </button>
      </div>
    </>
  );
}
