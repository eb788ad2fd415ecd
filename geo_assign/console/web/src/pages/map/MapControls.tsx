/** What floats on the map besides the lists: the open order, the zoom, scale and sources. */
import { usePage } from "../../frame/context";
import type { MapView } from "../../map/MapView";
import { scaleBar } from "../../model/geometry";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import type { Pane } from "./pane";

export function ViewChip() {
  const { desk } = usePage();
  const order = desk.selected.value;
  if (!order) return null;
  return (
    <div class="card view">
      <Icon name="pin" />
      <span>{texts.value.map.viewLocation}</span>
      <b>{order.number}</b>
      <button
        type="button"
        class="icon-button"
        aria-label={texts.value.map.closeView}
        onClick={() => desk.select(null)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

export function Zoom({ map }: { map: MapView }) {
  const { desk } = usePage();
  const words = texts.value.map;
  return (
    <div class="card zoom">
      <button type="button" aria-label={words.zoomIn} onClick={() => map.zoomBy(1)}>
        <Icon name="plus" />
      </button>
      <button type="button" aria-label={words.zoomOut} onClick={() => map.zoomBy(-1)}>
        <Icon name="minus" />
      </button>
      <button
        type="button"
        aria-label={words.viewLocation}
        title={`${words.viewLocation} (V)`}
        onClick={() => (desk.viewWish.value = { technicianId: null })}
      >
        <Icon name="frame" />
      </button>
    </div>
  );
}

export function Attribution({ pane }: { pane: Pane }) {
  const { session } = usePage();
  const { tiles } = session.config.value;
  const bar = scaleBar(pane.metresPerPixel.value || 1, 90);
  return (
    <div class="attribution">
      {pane.metresPerPixel.value > 0 && (
        <span class="scale" style={{ width: `${bar.width_px}px` }}>
          <span>{bar.text}</span>
        </span>
      )}
      {pane.tilesBroken.value && <span>{texts.value.map.tilesBroken}</span>}
      {pane.basemapAttribution.value && <span>{pane.basemapAttribution.value}</span>}
      {tiles && <Credit text={tiles.attribution} />}
    </div>
  );
}

/** OpenStreetMap asks that its name links to its terms. */
function Credit({ text }: { text: string }) {
  if (!/openstreetmap/i.test(text)) return <span>{text}</span>;
  return (
    <a href="https://www.openstreetmap.org/copyright" target="_blank" rel="noopener">
      {text}
    </a>
  );
}
