import { AttributionControl, type GeoJSONSource, Map as GlMap, LngLatBounds, Marker, setWorkerUrl } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Config, LatLon } from "../api/types";
import { startStyle } from "../map/style";
import { person } from "../symbols/drawings";
import { symbolElement, tokenReader } from "../symbols/paint";

setWorkerUrl(workerUrl);

const FRAME_PX = 56;
const CLOSEST_ZOOM = 16;

/** Two places on a map: the technician's and the customer's. Throws when the browser has no WebGL. */
export class FollowMapView {
  private readonly map: GlMap;
  private readonly technician = new Marker({ element: mark("technician", symbolElement(person("free", "round"))) });
  private readonly home: Marker;
  private framed = false;

  constructor(container: HTMLElement, config: Config, you: string) {
    this.home = new Marker({ element: mark("home", document.createTextNode(you)) });
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    this.map = new GlMap({
      container,
      style: startStyle(tokenReader(), dark, config.tiles),
      center: [0, 20],
      zoom: 1,
      attributionControl: false,
      dragRotate: false,
      maxPitch: 0,
    });
    this.map.touchZoomRotate.disableRotation();
    if (config.tiles)
      this.map.addControl(new AttributionControl({ compact: true, customAttribution: config.tiles.attribution }));
    if (config.basemap_url) void this.ground(config.basemap_url);
  }

  destroy(): void {
    this.map.remove();
  }

  draw(technician: LatLon, name: string, destination: LatLon): void {
    this.technician.setLngLat([technician.lon, technician.lat]).addTo(this.map);
    this.technician.getElement().title = name;
    this.home.setLngLat([destination.lon, destination.lat]).addTo(this.map);
    const both = new LngLatBounds().extend([technician.lon, technician.lat]).extend([destination.lon, destination.lat]);
    this.map.fitBounds(both, { padding: FRAME_PX, maxZoom: CLOSEST_ZOOM, animate: this.framed });
    this.framed = true;
  }

  private async ground(url: string): Promise<void> {
    const [answer] = await Promise.all([fetch(url), this.map.loaded() ? null : this.map.once("load")]);
    const basemap = (await answer.json()) as GeoJSON.FeatureCollection;
    (this.map.getSource("basemap") as GeoJSONSource).setData(basemap);
  }
}

function mark(name: string, content: Node): HTMLElement {
  const element = document.createElement("div");
  element.className = `follow-mark ${name}`;
  element.append(content);
  return element;
}
