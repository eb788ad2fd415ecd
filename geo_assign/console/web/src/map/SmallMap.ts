import { AttributionControl, type GeoJSONSource, Map as GlMap, LngLatBounds, Marker, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Config, LatLon } from "../api/types";
import type { Shape } from "../symbols/drawings";
import { symbolElement, tokenReader } from "../symbols/paint";
import { startStyle } from "./style";

setWorkerUrl(workerUrl);

/** Room for symbols, their names, and the attribution below. */
const FRAME_PX = { top: 56, right: 56, bottom: 50, left: 34 };
const CLOSEST_ZOOM = 15;

export interface SmallMark {
  id: string;
  at: LatLon;
  shapes: Shape[];
  /** Beside the symbol; empty for none. */
  name: string;
}

export interface SmallLine {
  from: LatLon;
  to: LatLon;
  kind: "solid" | "dotted";
}

/** A few places and the lines between them. The words beside it say the same. Throws when the browser has no WebGL. */
export class SmallMap {
  private readonly map: GlMap;
  private readonly markers = new Map<string, Marker>();
  private readonly ready: Promise<void>;
  private readonly colour = tokenReader();

  constructor(container: HTMLElement, config: Config, dark: boolean) {
    this.map = new GlMap({
      container,
      style: startStyle(this.colour, dark, config.tiles),
      center: [0, 20],
      zoom: 1,
      attributionControl: false,
      interactive: false,
      fadeDuration: 0,
    });
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
    if (config.tiles) {
      this.map.addControl(new AttributionControl({ compact: true, customAttribution: config.tiles.attribution }));
    }
    if (config.basemap_url) void this.ground(config.basemap_url);
    void this.ready.then(() => this.addLines());
  }

  destroy(): void {
    this.map.remove();
  }

  draw(marks: readonly SmallMark[], lines: readonly SmallLine[]): void {
    for (const marker of this.markers.values()) marker.remove();
    this.markers.clear();
    const bounds = new LngLatBounds();
    for (const mark of marks) {
      bounds.extend([mark.at.lon, mark.at.lat]);
      this.markers.set(
        mark.id,
        new Marker({ element: elementOf(mark) }).setLngLat([mark.at.lon, mark.at.lat]).addTo(this.map),
      );
    }
    if (marks.length > 0) this.map.fitBounds(bounds, { padding: FRAME_PX, maxZoom: CLOSEST_ZOOM, animate: false });
    void this.ready.then(() => (this.map.getSource("ways") as GeoJSONSource).setData(waysOf(lines)));
  }

  private addLines(): void {
    this.map.addSource("ways", { type: "geojson", data: waysOf([]) });
    const layout = { "line-cap": "round", "line-join": "round" } as const;
    const of = (kind: SmallLine["kind"]) => ["==", ["get", "kind"], kind] as ["==", ["get", string], string];
    this.map.addLayer({
      id: "ways-case",
      type: "line",
      source: "ways",
      layout,
      filter: of("solid"),
      paint: { "line-color": this.colour("map-halo"), "line-width": 6 },
    });
    this.map.addLayer({
      id: "ways-dotted",
      type: "line",
      source: "ways",
      layout,
      filter: of("dotted"),
      paint: { "line-color": this.colour("ink-3"), "line-width": 2, "line-dasharray": [0.5, 2.5] },
    });
    this.map.addLayer({
      id: "ways-solid",
      type: "line",
      source: "ways",
      layout,
      filter: of("solid"),
      paint: { "line-color": this.colour("free"), "line-width": 2.6 },
    });
  }

  private async ground(url: string): Promise<void> {
    const [answer] = await Promise.all([fetch(url), this.ready]);
    const basemap = (await answer.json()) as GeoJSON.FeatureCollection;
    (this.map.getSource("basemap") as GeoJSONSource).setData(basemap);
  }
}

function waysOf(lines: readonly SmallLine[]): GeoJSON.FeatureCollection {
  return {
    type: "FeatureCollection",
    features: lines.map(({ from, to, kind }) => ({
      type: "Feature",
      geometry: {
        type: "LineString",
        coordinates: [
          [from.lon, from.lat],
          [to.lon, to.lat],
        ],
      },
      properties: { kind },
    })),
  };
}

function elementOf({ shapes, name }: SmallMark): HTMLElement {
  const element = document.createElement("div");
  element.className = "small-mark";
  element.append(symbolElement(shapes));
  if (name) {
    const label = document.createElement("span");
    label.textContent = name;
    element.append(label);
  }
  return element;
}
