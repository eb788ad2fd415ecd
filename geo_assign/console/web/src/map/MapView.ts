import {
  type GeoJSONSource,
  type GeoJSONSourceDiff,
  Map as GlMap,
  LngLatBounds,
  type MapGeoJSONFeature,
  type MapMouseEvent,
  Marker,
  type PointLike,
  setWorkerUrl,
} from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import type { Config, LatLon, MapCluster } from "../api/types";
import type { FleetChange, LegendKey } from "../model/fleet";
import { metresPerPixel } from "../model/geometry";
import { mapImages } from "../symbols/drawings";
import { paintImage, tokenReader } from "../symbols/paint";
import { Crowd } from "./Crowd";
import { clusterElement } from "./clusters";
import { type Accuracy, type Around, aroundFeatures, orderFilter, sourceDiffs, technicianFilter } from "./features";
import { sidesOf, widthOf } from "./labels";
import {
  drawOrder,
  drawRanked,
  hasLabel,
  type OrderMark,
  orderElement,
  type RankedMark,
  rankedElement,
} from "./markers";
import { cellOf } from "./rings";
import {
  CIRCLE_LAYERS,
  CLOSEST_TILES,
  CROWD,
  CROWD_LAYERS,
  isBeak,
  layers,
  ORDER_LAYERS,
  RING_LAYER,
  SYMBOL_LAYERS,
  startStyle,
  symbolZoom,
  TECHNICIAN_LAYERS,
} from "./style";

// Without its own file the worker is looked for where a bundler does not put it, and the map stays empty.
setWorkerUrl(workerUrl);

const POINTED_AT = [...TECHNICIAN_LAYERS, ...ORDER_LAYERS, ...CROWD_LAYERS, RING_LAYER];
const PIXEL_RATIO = 2;
const IMAGE_HALF = 18;
const FADE_EVERY_MS = 5_000;

/** What the page wants drawn; the map compares nothing, it draws what it is given. */
export interface Scene {
  hidden: ReadonlySet<LegendKey>;
  order: OrderMark | null;
  ranked: RankedMark[];
  /** Where the nearest are who cannot go, while no technician can: held in view, not drawn. */
  near: readonly LatLon[];
  around: Around | null;
  accuracy: Accuracy | null;
  /** A person's way of the day. */
  track: readonly LatLon[];
}

export interface MapEvents {
  /** `at` is where, for one of whom the map has no feature. */
  onTechnician(id: string, at?: LatLon): void;
  onOrder(id: string): void;
  onPlace(at: LatLon): void;
  onCluster(cell: [number, number, number, number]): void;
  onMoved(view: { metresPerPixel: number; zoom: number; bbox: [number, number, number, number] }): void;
  onTilesBroken(broken: boolean): void;
  /** Whether tiles in view tell clusters. */
  onRings(rings: boolean): void;
}

export interface Margins {
  top: number;
  right: number;
  bottom: number;
  left: number;
}

/** MapLibre behind a small face: features in, clicks out. Throws when the browser has no WebGL. */
export class MapView {
  private readonly map: GlMap;
  private marked: Scene | null = null;
  private readonly ranked = new Map<string, { marker: Marker; element: HTMLElement }>();
  private orderMarker: { id: string; marker: Marker; element: HTMLElement } | null = null;
  private clusters: Marker[] = [];
  private placing: Marker | null = null;
  private readonly ready: Promise<void>;
  private readonly crowd: Crowd;
  private people = 0;
  private tiled = false;
  private symbolsFrom = 0;
  private colour = tokenReader();
  private aroundDrawn = "";
  private fadedAt = 0;

  constructor(
    container: HTMLElement,
    private readonly config: Config,
    private readonly events: MapEvents,
    private dark: boolean,
    label: string,
  ) {
    this.map = new GlMap({
      container,
      style: startStyle(this.colour, dark, config.tiles),
      center: [0, 20],
      zoom: 1,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      fadeDuration: 0,
      reduceMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
      locale: { "Map.Title": label },
    });
    this.map.touchZoomRotate.disableRotation();
    this.ready = new Promise((resolve) => this.map.once("load", () => resolve()));
    this.crowd = new Crowd(this.map, this.colour, PIXEL_RATIO, (rings) => this.events.onRings(rings));
    this.drawImages();
    this.listen();
  }

  destroy(): void {
    this.map.remove();
  }

  setBasemap(basemap: GeoJSON.FeatureCollection): void {
    void this.ready.then(() => this.source("basemap").setData(basemap));
  }

  /** Everything once after a snapshot, afterwards only what changed. */
  applyFleet(change: FleetChange): void {
    void this.ready.then(() => {
      const diffs = sourceDiffs(change);
      this.crowd.take(change);
      this.people = change.people;
      this.setSymbolZoom();
      for (const name of ["technicians", "orders"] as const) {
        if (change.all) {
          this.source(name).setData({ type: "FeatureCollection", features: diffs[name].add ?? [] });
        } else if (diffs[name].add?.length || diffs[name].remove?.length) {
          this.update(name, diffs[name]);
        }
      }
    });
  }

  /** The clock that fades ages, touching no feature; every few seconds is enough and draws less. */
  setNow(ms: number): void {
    if (Math.abs(ms - this.fadedAt) < FADE_EVERY_MS) return;
    this.fadedAt = ms;
    void this.ready.then(() => this.map.setGlobalStateProperty("now", Math.floor(ms / 1000)));
  }

  draw(scene: Scene): void {
    this.drawMarkers(scene);
    void this.ready.then(() => {
      const marked = scene.ranked.filter((mark) => !mark.planned).map((mark) => mark.id);
      for (const id of TECHNICIAN_LAYERS) {
        this.map.setFilter(id, technicianFilter(scene.hidden, marked, isBeak(id) ? "features" : null));
      }
      this.crowd.filter(scene.hidden, marked);
      for (const id of ORDER_LAYERS) this.map.setFilter(id, orderFilter(scene.hidden, scene.order?.id ?? null));
      this.drawAround(scene);
      this.map.setGlobalStateProperty("asking", scene.order !== null);
    });
  }

  /** Rings of people by status, where there are too many to draw one by one. */
  drawClusters(clusters: readonly MapCluster[], hidden: ReadonlySet<LegendKey>): void {
    for (const marker of this.clusters) marker.remove();
    this.clusters = clusters.flatMap((cluster) => {
      const element = clusterElement(cluster, hidden);
      if (!element) return [];
      element.addEventListener("click", (event) => {
        event.stopPropagation();
        this.events.onCluster(cluster.cell as [number, number, number, number]);
      });
      return [new Marker({ element }).setLngLat([cluster.lon, cluster.lat]).addTo(this.map)];
    });
  }

  /** Let tiles draw the technicians, those of whom the map has features set aside. */
  drawTiles(shown: boolean): void {
    void this.ready.then(() => {
      this.crowd.show(shown);
      this.tiled = shown;
      this.setSymbolZoom();
    });
  }

  /** What tiles draw is read anew; `near`: moves are told one by one besides. */
  refreshTiles(near: boolean): void {
    void this.ready.then(() => this.crowd.refresh(near));
  }

  setTheme(dark: boolean): void {
    if (dark === this.dark) return;
    this.dark = dark;
    this.colour = tokenReader();
    this.drawImages();
    this.crowd.setColour(this.colour);
    void this.ready.then(() => {
      for (const layer of layers(this.colour, { dark: this.dark, tiles: this.config.tiles !== null })) {
        for (const [name, value] of Object.entries(layer.paint ?? {})) {
          this.map.setPaintProperty(layer.id, name as never, value as never);
        }
      }
    });
  }

  /** Show all of `points` inside the free part of the map. */
  frame(points: readonly LatLon[], margins: Margins, { animate = true, closest = 14 } = {}): void {
    if (points.length === 0) return;
    const bounds = points.reduce((box, point) => box.extend([point.lon, point.lat]), new LngLatBounds());
    this.map.fitBounds(bounds, { padding: margins, maxZoom: closest, animate, duration: 500, linear: true });
  }

  /** Keep this place in the middle, at the zoom there is. */
  follow(at: LatLon): void {
    this.map.easeTo({ center: [at.lon, at.lat], duration: 400 });
  }

  zoomBy(step: 1 | -1): void {
    if (step === 1) this.map.zoomIn();
    else this.map.zoomOut();
  }

  centre(): LatLon {
    const { lat, lng } = this.map.getCenter();
    return { lat, lon: lng };
  }

  /** Show a pin that can be dragged, at `at`; null takes it away. */
  setPlacing(at: LatLon | null): void {
    this.map.getCanvas().style.cursor = at ? "crosshair" : "";
    if (!at) {
      this.placing?.remove();
      this.placing = null;
      return;
    }
    if (!this.placing) {
      this.placing = new Marker({ draggable: true, color: this.colour("lead") })
        .setLngLat([at.lon, at.lat])
        .addTo(this.map);
      this.placing.on("dragend", () => this.placed(this.placing!.getLngLat()));
    }
    this.placing.setLngLat([at.lon, at.lat]);
  }

  private placed({ lat, lng }: { lat: number; lng: number }): void {
    this.events.onPlace({ lat, lon: lng });
  }

  private listen(): void {
    this.map.on("click", (event) => this.clicked(event));
    void this.ready.then(() => this.map.on("mousemove", ({ point }) => this.hovered(this.hitAt(point))));
    this.map.on("moveend", () => this.moved());
    this.map.on("moveend", () => this.marked && this.placeLabels(this.marked));
    this.map.on("resize", () => this.moved());
    void this.ready.then(() => this.moved());
    this.watchTiles();
  }

  /** What lies under the pointer is named, and told to be pressed. */
  private hovered(hit: MapGeoJSONFeature | undefined): void {
    const canvas = this.map.getCanvas();
    if (!this.placing) canvas.style.cursor = hit ? "pointer" : "";
    canvas.title = hit?.layer.id === RING_LAYER ? this.crowd.titleOf(hit) : String(hit?.properties.name ?? "");
  }

  /** A tile server that does not answer is said once, not thrown for every tile. */
  private watchTiles(): void {
    this.map.on("error", (event) => {
      const source = "sourceId" in event ? event.sourceId : null;
      if (source === "tiles") this.events.onTilesBroken(true);
      // The service does not answer: the live stream says so.
      else if (source === CROWD) return;
      else console.warn(event.error.message);
    });
    this.map.on("data", (event) => {
      if (event.dataType === "source" && event.sourceId === "tiles" && event.tile) this.events.onTilesBroken(false);
    });
  }

  private clicked({ point, lngLat }: MapMouseEvent): void {
    if (this.placing) {
      this.placed(lngLat);
      return;
    }
    const near: [[number, number], [number, number]] = [
      [point.x - 4, point.y - 4],
      [point.x + 4, point.y + 4],
    ];
    const hit = this.hitAt(near);
    if (!hit) return;
    const id = String(hit.properties.id);
    if (hit.source === "orders") this.events.onOrder(id);
    else if (hit.source === "technicians") this.events.onTechnician(id);
    else this.hitOnTile(hit, id);
  }

  private hitOnTile(hit: MapGeoJSONFeature, id: string): void {
    const [lon = 0, lat = 0] = (hit.geometry as GeoJSON.Point).coordinates;
    const tileZoom = Math.min(CLOSEST_TILES, Math.floor(this.map.getZoom()));
    if (hit.layer.id === RING_LAYER) this.events.onCluster(cellOf(lon, lat, tileZoom));
    else this.events.onTechnician(id, { lat, lon });
  }

  private hitAt(at: PointLike | [PointLike, PointLike]): MapGeoJSONFeature | undefined {
    const hits = this.map.queryRenderedFeatures(at, { layers: POINTED_AT });
    return hits.find((each) => !this.crowd.hides(each));
  }

  private moved(): void {
    const box = this.map.getBounds();
    const zoom = this.map.getZoom();
    this.events.onMoved({
      metresPerPixel: metresPerPixel(this.map.getCenter().lat, zoom),
      zoom,
      bbox: [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()],
    });
  }

  private setSymbolZoom(): void {
    const zoom = symbolZoom(this.tiled ? Number.POSITIVE_INFINITY : this.people);
    if (zoom === this.symbolsFrom) return;
    this.symbolsFrom = zoom;
    for (const id of CIRCLE_LAYERS) this.map.setLayerZoomRange(id, 0, zoom);
    for (const id of SYMBOL_LAYERS) this.map.setLayerZoomRange(id, zoom, 24);
  }

  private source(name: string): GeoJSONSource {
    return this.map.getSource(name) as GeoJSONSource;
  }

  private update(name: string, diff: GeoJSONSourceDiff): void {
    this.source(name)
      .updateData(diff)
      .catch((error: Error) => console.warn(error.message));
  }

  private drawImages(): void {
    for (const [name, shapes] of mapImages()) {
      const image = paintImage(shapes, this.colour, IMAGE_HALF, PIXEL_RATIO);
      if (this.map.hasImage(name)) this.map.updateImage(name, image);
      else this.map.addImage(name, image, { pixelRatio: PIXEL_RATIO });
    }
  }

  private drawAround({ around, accuracy, track }: Scene): void {
    const features = aroundFeatures(around, accuracy, track);
    const wanted = JSON.stringify(features);
    if (wanted === this.aroundDrawn) return;
    this.aroundDrawn = wanted;
    this.source("around").setData(features);
  }

  private drawMarkers(scene: Scene): void {
    this.marked = scene;
    this.drawOrderMarker(scene.order);
    const wanted = new Set(scene.ranked.map((mark) => mark.id));
    for (const [id, { marker }] of this.ranked) {
      if (!wanted.has(id)) {
        marker.remove();
        this.ranked.delete(id);
      }
    }
    // Drawn from the last to the first, so that the nearest lies on top.
    for (const mark of [...scene.ranked].reverse()) this.drawRankedMarker(mark);
    this.placeLabels(scene);
  }

  /** Names lie where no mark and no other name does. */
  private placeLabels({ ranked, order }: Scene): void {
    const pointOf = ({ at }: { at: LatLon }) => this.map.project([at.lon, at.lat]);
    const marks = ranked.map((mark) => {
      const { x, y } = pointOf(mark);
      return { x, y, width: hasLabel(mark) ? widthOf(`${mark.name} ${mark.note}`) : 0 };
    });
    const sides = sidesOf(marks, order && pointOf(order));
    for (const [place, { id }] of ranked.entries()) {
      const held = this.ranked.get(id);
      if (held) held.element.dataset.side = sides[place];
    }
  }

  private drawRankedMarker(mark: RankedMark): void {
    let held = this.ranked.get(mark.id);
    if (!held) {
      const element = rankedElement();
      element.tabIndex = -1;
      element.addEventListener("click", (event) => {
        event.stopPropagation();
        this.events.onTechnician(mark.id);
      });
      held = { element, marker: new Marker({ element }).setLngLat([mark.at.lon, mark.at.lat]).addTo(this.map) };
      this.ranked.set(mark.id, held);
    }
    held.marker.setLngLat([mark.at.lon, mark.at.lat]);
    drawRanked(held.element, mark);
  }

  private drawOrderMarker(mark: OrderMark | null): void {
    if (this.orderMarker && this.orderMarker.id !== mark?.id) {
      this.orderMarker.marker.remove();
      this.orderMarker = null;
    }
    if (!mark) return;
    if (!this.orderMarker) {
      const element = orderElement();
      const marker = new Marker({ element, anchor: "bottom" }).setLngLat([mark.at.lon, mark.at.lat]).addTo(this.map);
      this.orderMarker = { id: mark.id, element, marker };
    }
    this.orderMarker.marker.setLngLat([mark.at.lon, mark.at.lat]);
    drawOrder(this.orderMarker.element, mark);
  }
}
