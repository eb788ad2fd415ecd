import type { LatLon } from "../../api/types";
import { usePage } from "../../frame/context";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { Field } from "./Field";
import type { NewOrder } from "./state";

/** Store, address with suggestions, and the pin. */
export function PlaceFields({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  return (
    <section aria-label={words.where}>
      <Where order={order} />
      <Field order={order} name="address" label={words.address}>
        <Worth order={order} />
      </Field>
      <Suggestions order={order} />
      <Pin order={order} />
    </section>
  );
}

function Where({ order }: { order: NewOrder }) {
  const { desk } = usePage();
  const words = texts.value.create;
  const { storeId, groupId } = order.draft.value;
  const groups = desk.me.groups.filter((group) => group.store_id === storeId);
  if (desk.me.stores.length < 2 && groups.length === 0) return null;
  return (
    <div class="two">
      <label class="field">
        {words.store}
        <select value={storeId} onChange={(event) => order.change({ storeId: event.currentTarget.value, groupId: "" })}>
          {desk.me.stores.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        {words.group}
        <select value={groupId} onChange={(event) => order.change({ groupId: event.currentTarget.value })}>
          <option value="">{words.anyGroup}</option>
          {groups.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

/** How exact the place is that the service would take. */
function Worth({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  if (order.draft.value.location) return <span class="chip free">{words.pinned}</span>;
  const found = order.lookup.value?.found;
  if (!found) return null;
  const exact = found.confidence === "rooftop" || found.confidence === "interpolated";
  const known = words.confidence[found.confidence as keyof typeof words.confidence];
  return <span class={exact ? "chip free" : "chip"}>{known ?? found.confidence}</span>;
}

interface Suggestion {
  text: string;
  detail: string;
  take: { address: string; location: LatLon | null };
}

function suggestionsOf(order: NewOrder): Suggestion[] {
  const words = texts.value.create;
  const { address, location } = order.draft.value;
  if (location) return [];
  const visited = (order.known.value?.places ?? []).filter((place) => place.address !== address);
  const found = order.lookup.value?.candidates ?? [];
  return [
    ...visited.map((place) => ({ text: place.address, detail: words.lastAddress, take: place })),
    ...found.map(({ label, confidence, lat, lon }) => ({
      text: label,
      detail: words.confidence[confidence as keyof typeof words.confidence] ?? confidence,
      take: { address: label, location: { lat, lon } },
    })),
  ];
}

function Suggestions({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  const suggestions = suggestionsOf(order);
  const detail = order.draft.value.location ? null : order.lookup.value?.detail;
  return (
    <>
      {suggestions.length > 0 && (
        <ul class="suggestions" aria-label={words.suggestions}>
          {suggestions.map(({ text, detail: about, take }) => (
            <li key={text}>
              <button type="button" onClick={() => order.change(take)}>
                <span>{text}</span> <small>{about}</small>
              </button>
            </li>
          ))}
        </ul>
      )}
      {detail && (
        <p class="hint" role="status">
          {detail}
        </p>
      )}
    </>
  );
}

/** A pin by the map or by numbers: who cannot point can type. */
function Pin({ order }: { order: NewOrder }) {
  const { desk } = usePage();
  const words = texts.value.create;
  const { location } = order.draft.value;
  const start = () => {
    const at = order.place.peek() ?? desk.centreOfMap() ?? order.store?.location ?? null;
    if (at) order.change({ location: { lat: at.lat, lon: at.lon } });
  };
  if (!location) {
    return (
      <button type="button" class="link with-icon" onClick={start}>
        <Icon name="pin" />
        {words.dropPin}
      </button>
    );
  }
  const move = (axis: "lat" | "lon", text: string) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value)) order.change({ location: { ...location, [axis]: value } });
  };
  return (
    <div class="pin">
      {(["lat", "lon"] as const).map((axis) => (
        <label class="field" key={axis}>
          {axis === "lat" ? words.latitude : words.longitude}
          <input
            type="number"
            step="0.0001"
            value={location[axis].toFixed(5)}
            onChange={(event) => move(axis, event.currentTarget.value)}
          />
        </label>
      ))}
      <button type="button" class="btn" onClick={() => order.change({ location: null })}>
        {words.removePin}
      </button>
      <p class="hint">{words.pinHint}</p>
    </div>
  );
}
