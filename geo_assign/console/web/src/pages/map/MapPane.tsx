import { type Signal, signal, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Me } from "../../api/types";
import { type Page, usePage } from "../../frame/context";
import type { MapView, Margins, Scene } from "../../map/MapView";
import { boundsOf, scaleBar } from "../../model/geometry";
import type { Desk } from "../../state/desk";
import { framePoints, sceneOf } from "../../state/scene";
import type { View } from "../../state/view";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { Legend } from "./Legend";
import { PastBar, PastButton } from "./past/PastBar";
import { TechnicianCard } from "./TechnicianCard";

interface Pane {
  map: Signal<MapView | null>;
  failed: Signal<string | null>;
  metresPerPixel: Signal<number>;
  tilesBroken: Signal<boolean>;
  basemapAttribution: Signal<string>;
  /** What the camera was last pointed at, and the wish it followed. */
  framed: { key: string; wish: Desk["viewWish"]["value"] | null };
}

const newPane = (): Pane => ({
  map: signal(null),
  failed: signal(null),
  metresPerPixel: signal(0),
  tilesBroken: signal(false),
  basemapAttribution: signal(""),
  framed: { key: "", wish: null },
});

/** The map and what floats on it. The lists say the same in words, so the page works without it. */
export function MapPane() {
  const page = usePage();
  const pane = useMemo(newPane, []);
  const container = useRef<HTMLDivElement>(null);
  useMap(page, pane, container);
  useDrawing(page, pane);
  useCamera(page, pane);
  return (
    <main class="map" aria-label={texts.value.map.map}>
      <div ref={container} class="canvas" />
      {pane.failed.value && (
        <p class="map-failed card" role="status">
          {pane.failed.value}
        </p>
      )}
      <PastBar />
      <ViewChip />
      <TechnicianCard />
      {pane.map.value && !page.view.phone.value && <Zoom map={pane.map.value} />}
      <PastButton />
      <Legend />
      <Attribution pane={pane} />
    </main>
  );
}

/** Load the library only now: log-in and lists do not wait for it. */
function useMap(page: Page, pane: Pane, container: { current: HTMLDivElement | null }) {
  useEffect(() => {
    let gone = false;
    import("../../map/MapView")
      .then((module) => {
        if (gone || !container.current) return;
        pane.map.value = new module.MapView(
          container.current,
          page.session.config.value,
          eventsOf(page, pane),
          page.view.dark.peek(),
          texts.peek().map.mapLabel,
        );
        void loadBasemap(page, pane);
      })
      .catch((error: Error) => {
        console.warn(error.message);
        pane.failed.value = texts.value.map.failed;
      });
    return () => {
      gone = true;
      pane.map.peek()?.destroy();
      pane.map.value = null;
    };
  }, [page.desk]);
}

const cornersOf = ([west, south, east, north]: [number, number, number, number]) => [
  { lon: west, lat: south },
  { lon: east, lat: north },
];

function eventsOf({ desk, view }: Page, pane: Pane) {
  return {
    onTechnician: (id: string) => desk.pointAt(id),
    onOrder: (id: string) => desk.select(id),
    onPlace: (at: { lat: number; lon: number }) => (desk.placing.value = at),
    onMoved: ({ metresPerPixel, bbox }: { metresPerPixel: number; bbox: [number, number, number, number] }) => {
      pane.metresPerPixel.value = metresPerPixel;
      void desk.loadView(bbox);
    },
    onCluster: (cell: [number, number, number, number]) =>
      pane.map.peek()?.frame(cornersOf(cell), margins(view, desk.selected.peek() !== null), { closest: 17 }),
    onTilesBroken: (broken: boolean) => (pane.tilesBroken.value = broken),
  };
}

async function loadBasemap({ session }: Page, pane: Pane) {
  const url = session.config.value.basemap_url;
  if (!url) return;
  const response = await fetch(url).catch(() => null);
  if (!response?.ok) return;
  const basemap = (await response.json()) as GeoJSON.FeatureCollection & { attribution?: string };
  pane.basemapAttribution.value = basemap.attribution ?? "";
  pane.map.peek()?.setBasemap(basemap);
}

function presentScene({ desk, view }: Page): Scene {
  desk.moves.value;
  return sceneOf({
    order: desk.selected.value,
    candidates: desk.question.candidates.value,
    excluded: desk.question.ranking.value?.answer.excluded ?? [],
    chosen: desk.question.chosen.value,
    technician: desk.technician.value,
    technicians: desk.fleet.technicians,
    hidden: view.hidden.value,
    track: desk.track.value?.points ?? [],
    nowMs: desk.now.peek(),
  });
}

function useDrawing(page: Page, pane: Pane) {
  const { desk, view } = page;
  useSignalEffect(() => {
    const map = pane.map.value;
    return map ? desk.onFleet((change) => map.applyFleet(change)) : undefined;
  });
  useSignalEffect(() => pane.map.value?.draw(presentScene(page)));
  useSignalEffect(() => pane.map.value?.drawClusters(desk.clusters.value, view.hidden.value));
  useSignalEffect(() => {
    desk.moves.value;
    const followed = desk.fleet.technicians.get(desk.followedId.value ?? "");
    if (followed) pane.map.value?.follow(pointOf(followed));
  });
  useSignalEffect(() => pane.map.value?.setNow(desk.now.value));
  useSignalEffect(() => pane.map.value?.setTheme(view.dark.value));
  useSignalEffect(() => pane.map.value?.setPlacing(desk.placing.value));
  useSignalEffect(() => {
    desk.centreOfMap = () => pane.map.peek()?.centre() ?? null;
  });
}

const PANEL_PX = 396;

function margins(view: View, order: boolean): Margins {
  if (view.phone.peek()) return { top: 64, right: 40, bottom: 48, left: 40 };
  return { top: 110, right: order ? PANEL_PX + 70 : 64, bottom: 110, left: 64 };
}

/** Where the camera goes: the stores at first, then the open order with all technicians ranked for it. */
function useCamera(page: Page, pane: Pane) {
  const { desk, view } = page;
  useSignalEffect(() => {
    const map = pane.map.value;
    const order = desk.selected.value;
    const answered = desk.question.ranking.value !== null;
    const wish = desk.viewWish.value;
    if (!map || !desk.loaded.value) return;
    const held = wish.technicianId ? desk.fleet.technicians.get(wish.technicianId) : undefined;
    const person = held ? pointOf(held) : wish.at;
    const key = person
      ? `person ${wish.technicianId}`
      : `${order?.id} ${order?.location?.lat} ${order?.location?.lon} ${answered}`;
    if (pane.framed.key === key && pane.framed.wish === wish) return;
    const animate = pane.framed.key !== "";
    pane.framed = { key, wish };
    const points = person ? [person] : framePoints(presentScene(page));
    if (points.length > 0) map.frame(points, margins(view, order !== null), { animate });
    else if (!animate) map.frame(overview(desk), margins(view, false), { animate });
  });
}

const pointOf = ({
  geometry: {
    coordinates: [lon, lat],
  },
}: {
  geometry: { coordinates: [number, number] };
}) => ({ lat, lon });

function overview({ me, fleet }: { me: Me; fleet: Desk["fleet"] }) {
  const people = [...fleet.technicians.values()].map(pointOf);
  const stores = me.stores.map((store) => store.location).filter((at) => at !== null);
  const box = boundsOf(people.length > 0 ? people : stores);
  return box
    ? [
        { lon: box[0], lat: box[1] },
        { lon: box[2], lat: box[3] },
      ]
    : [];
}

function ViewChip() {
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

function Zoom({ map }: { map: MapView }) {
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

function Attribution({ pane }: { pane: Pane }) {
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
