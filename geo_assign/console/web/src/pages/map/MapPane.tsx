import { useSignalEffect } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { LatLon } from "../../api/types";
import { type Page, usePage } from "../../frame/context";
import type { Box } from "../../model/geometry";
import { texts } from "../../texts/console";
import { margins, pointOf, presentScene, useCamera } from "./camera";
import { Legend } from "./Legend";
import { Attribution, ViewChip, Zoom } from "./MapControls";
import { newPane, type Pane } from "./pane";
import { PastBar, PastButton } from "./past/PastBar";
import { TechnicianCard } from "./TechnicianCard";

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
      <Failed pane={pane} />
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

function Failed({ pane }: { pane: Pane }) {
  const words = texts.value.map;
  const failed = pane.failed.value;
  if (failed === null) return null;
  return (
    <div class="map-failed card" role="status">
      <p>{failed === "cannot" ? words.failed : words.notLoaded}</p>
      {failed === "notLoaded" && (
        <button type="button" class="btn" onClick={() => location.reload()}>
          {texts.value.frame.reload}
        </button>
      )}
    </div>
  );
}

/** Load the library only now: log-in and lists do not wait for it. */
function useMap(page: Page, pane: Pane, container: { current: HTMLDivElement | null }) {
  useEffect(() => {
    let gone = false;
    const failed = (how: "cannot" | "notLoaded") => (error: Error) => {
      console.warn(error.message);
      pane.failed.value = how;
    };
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
      }, failed("notLoaded"))
      .catch(failed("cannot"));
    return () => {
      gone = true;
      pane.map.peek()?.destroy();
      pane.map.value = null;
      page.desk.fleetView.lookAway();
    };
  }, [page.desk]);
}

const cornersOf = ([west, south, east, north]: Box) => [
  { lon: west, lat: south },
  { lon: east, lat: north },
];

function eventsOf({ desk, view }: Page, pane: Pane) {
  return {
    onTechnician: (id: string, at?: LatLon) => desk.pointAt(id, at),
    onOrder: (id: string) => desk.select(id),
    onPlace: (at: LatLon) => (desk.placing.value = at),
    onMoved: ({ metresPerPixel, bbox, zoom }: { metresPerPixel: number; bbox: Box; zoom: number }) => {
      pane.metresPerPixel.value = metresPerPixel;
      void desk.fleetView.look(bbox, zoom);
    },
    onCluster: (cell: Box) =>
      pane.map.peek()?.frame(cornersOf(cell), margins(view, desk.selected.peek() !== null), { closest: 17 }),
    onRings: (rings: boolean) => (desk.fleetView.rings.value = rings),
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

function useDrawing(page: Page, pane: Pane) {
  const { desk, view } = page;
  useSignalEffect(() => {
    const map = pane.map.value;
    return map ? desk.fleetView.onChange((change) => map.applyFleet(change)) : undefined;
  });
  useSignalEffect(() => pane.map.value?.draw(presentScene(page)));
  useSignalEffect(() => {
    const { tiled, clusters } = desk.fleetView;
    pane.map.value?.drawTiles(tiled.value);
    pane.map.value?.drawClusters(tiled.value ? [] : clusters.value, view.hidden.value);
  });
  useSignalEffect(() => {
    if (desk.fleetView.refreshes.value > 0) pane.map.value?.refreshTiles(!desk.fleetView.afar.peek());
  });
  useSignalEffect(() => {
    desk.moves.value;
    const followed = desk.fleet.technicians.get(desk.selection.followedId.value ?? "");
    if (followed) pane.map.value?.follow(pointOf(followed));
  });
  useSignalEffect(() => pane.map.value?.setNow(desk.now.value));
  useSignalEffect(() => pane.map.value?.setTheme(view.dark.value));
  useSignalEffect(() => pane.map.value?.setPlacing(desk.placing.value));
  useSignalEffect(() => {
    desk.centreOfMap = () => pane.map.peek()?.centre() ?? null;
  });
}
