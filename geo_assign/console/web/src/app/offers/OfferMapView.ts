import { AttributionControl, type GeoJSONSource, Map as GlMap, LngLatBounds, Marker, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Config, LatLon, OrderKind } from "../../api/types";
import { startStyle } from "../../map/style";
import { person, pin } from "../../symbols/drawings";
import { symbolElement, tokenReader } from "../../symbols/paint";

setWorkerUrl(workerUrl);

const FRAME_PX = 64;
const CLOSEST_ZOOM = 15;
const LINE = "offer-way";

/** The work and the technician on a map, joined by a straight line. Throws when the browser has no WebGL. */
export class OfferMapView {
  private readonly map: GlMap;
  private readonly technician = new Marker({ element: mark("person", symbolElement(person("free", "round"))) });
  private work: Marker | null = null;
  private readonly ready: Promise<void>;
  private framed = "";

  constructor(container: HTMLElement, config: Config, dark: boolean) {
    this.map = new GlMap({
      container,
      style: startStyle(tokenReader(), dark, config.tiles),
      center: [0, 20],
      zoom: 1,
      attributionControl: false,
      dragRotate: false,
      maxPitch: 0,
    });
    // Told once: a map that loads tiles again says that it is not loaded, and never tells it a second time.
    this.ready = new Promise((resolve) => void this.map.once("load", () => resolve()));
    this.map.touchZoomRotate.disableRotation();
    if (config.tiles) {
      this.map.addControl(new AttributionControl({ compact: true, customAttribution: config.tiles.attribution }));
    }
    if (config.basemap_url) void this.ground(config.basemap_url);
  }

  destroy(): void {
    this.map.remove();
  }

  draw(kind: OrderKind, location: LatLon, here: LatLon | null): void {
    this.work ??= new Marker({ element: mark("work", symbolElement(pin(kind, false, "clock"))), anchor: "bottom" });
    this.work.setLngLat([location.lon, location.lat]).addTo(this.map);
    if (here) this.technician.setLngLat([here.lon, here.lat]).addTo(this.map);
    void this.join(location, here);
    this.frame(location, here);
  }

  /** Only once for each kind of view: a map that moves by itself cannot be read. */
  private frame(location: LatLon, here: LatLon | null): void {
    const wanted = here ? "both" : "work";
    if (wanted === this.framed) return;
    this.framed = wanted;
    const bounds = new LngLatBounds().extend([location.lon, location.lat]);
    if (here) bounds.extend([here.lon, here.lat]);
    this.map.fitBounds(bounds, { padding: FRAME_PX, maxZoom: CLOSEST_ZOOM, animate: false });
  }

  private async join(location: LatLon, here: LatLon | null): Promise<void> {
    await this.ready;
    const ends = here ? [here, location] : [];
    const coordinates = ends.map(({ lon, lat }) => [lon, lat]);
    const data: GeoJSON.Feature = { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates } };
    const source = this.map.getSource(LINE) as GeoJSONSource | undefined;
    if (source) source.setData(data);
    else this.addLine(data);
  }

  private addLine(data: GeoJSON.Feature): void {
    const colour = tokenReader();
    const layout = { "line-cap": "round", "line-join": "round" } as const;
    this.map.addSource(LINE, { type: "geojson", data });
    const under = { "line-color": colour("map-halo"), "line-width": 10 };
    this.map.addLayer({ id: `${LINE}-edge`, type: "line", source: LINE, layout, paint: under });
    const over = { "line-color": colour("ink"), "line-width": 4, "line-dasharray": [0.1, 1.8] };
    this.map.addLayer({ id: LINE, type: "line", source: LINE, layout, paint: over });
  }

  private async ground(url: string): Promise<void> {
    const [answer] = await Promise.all([fetch(url), this.ready]);
    const basemap = (await answer.json()) as GeoJSON.FeatureCollection;
    (this.map.getSource("basemap") as GeoJSONSource).setData(basemap);
  }
}

function mark(name: string, content: Node): HTMLElement {
  const element = document.createElement("div");
  element.className = `offer-mark ${name}`;
  element.append(content);
  return element;
}
