import type { Map as GlMap, MapGeoJSONFeature } from "maplibre-gl";
import type { TechnicianStatus } from "../api/types";
import { type FleetChange, type LegendKey, SINGLE_ZOOM } from "../model/fleet";
import { texts } from "../texts/console";
import { STATUSES } from "./clusters";
import { technicianFilter } from "./features";
import { paintRing, ringExpressions, ringNamed } from "./rings";
import { type Colour, CROWD, CROWD_LAYERS, isBeak, RING_LAYER } from "./style";

const TECHNICIANS = { source: CROWD, sourceLayer: "technicians" };
/** From near moves are told one by one, and tiles are read anew each so many times alone. */
const NEAR_EVERY = 6;

/**
 * The fleet drawn by the service's tiles: rings from afar, technicians from near. Of those who have moved since their tile was
 * made the map has features; the tile's own marker is hidden.
 */
export class Crowd {
  private shown = false;
  private hidden: ReadonlySet<LegendKey> = new Set();
  private readonly rings = new Set<string>();
  /** Whom the map has features of, and whom tiles do not show. */
  private readonly held = new Set<string>();
  private readonly told = new Set<string>();
  private refreshes = 0;

  constructor(
    private readonly map: GlMap,
    private colour: Colour,
    private readonly pixelRatio: number,
    private readonly onRings: (rings: boolean) => void,
  ) {
    map.setMissingStyleImageResolver((name) => this.drawRing(name));
    // Not before: tiles of the zoom before are drawn until those of this one are there.
    map.on("idle", () => this.shown && this.lookForRings());
  }

  /** Draw the tiles, or none: then none are fetched. */
  show(shown: boolean): void {
    if (shown === this.shown) return;
    this.shown = shown;
    for (const id of [RING_LAYER, ...CROWD_LAYERS]) {
      this.map.setLayoutProperty(id, "visibility", shown ? "visible" : "none");
    }
    if (shown) this.hideAll(this.held);
    else this.showAgain();
  }

  /** The map has features of these technicians now, or has none any more. */
  take({ all, set, gone, released = false }: FleetChange): void {
    if (all) this.held.clear();
    const moved = set.filter(({ properties }) => properties.kind === "technician").map(({ id }) => id);
    for (const id of moved) this.held.add(id);
    for (const id of gone) this.held.delete(id);
    if (!this.shown) return;
    this.hideAll(moved);
    if (released) gone.forEach((id) => this.unhide(id));
    else this.hideAll(gone);
  }

  /** Read the tiles in view anew; `near`: moves are told one by one besides. */
  refresh(near: boolean): void {
    this.refreshes += 1;
    if (!this.shown || (near && this.refreshes % NEAR_EVERY !== 0)) return;
    this.map.refreshTiles(CROWD);
    this.map.once("idle", () => this.showAgain());
  }

  /** What the legend leaves on, less those that a marker shows already. */
  filter(hidden: ReadonlySet<LegendKey>, marked: readonly string[]): void {
    for (const id of CROWD_LAYERS) {
      this.map.setFilter(id, technicianFilter(hidden, marked, isBeak(id) ? "tiles" : null));
    }
    if (hidden === this.hidden) return;
    this.hidden = hidden;
    const { image, count } = ringExpressions(hidden);
    this.map.setFilter(RING_LAYER, [">", count, 0]);
    this.map.setLayoutProperty(RING_LAYER, "icon-image", image);
    this.map.setLayoutProperty(RING_LAYER, "text-field", ["to-string", count]);
  }

  setColour(colour: Colour): void {
    this.colour = colour;
    for (const name of this.rings) this.map.updateImage(name, paintRing(ringNamed(name)!, colour, this.pixelRatio));
  }

  /** Whether a feature under the pointer is one that tiles hide. */
  hides({ source, state }: MapGeoJSONFeature): boolean {
    return source === CROWD && state.told === true;
  }

  /** How many a ring stands for, in words. */
  titleOf({ properties }: MapGeoJSONFeature): string {
    const of = (status: TechnicianStatus) => (this.hidden.has(status) ? 0 : Number(properties[status] ?? 0));
    const all = STATUSES.reduce((sum, status) => sum + of(status), 0);
    return texts.peek().map.cluster(all, of("free"));
  }

  private hideAll(ids: Iterable<string>): void {
    for (const id of ids) {
      if (this.told.has(id)) continue;
      this.told.add(id);
      this.map.setFeatureState({ ...TECHNICIANS, id }, { told: true });
    }
  }

  /** Tiles are new: who is in them and not among the map's features is there. */
  private showAgain(): void {
    for (const id of this.told) {
      if (!this.shown || !this.held.has(id)) this.unhide(id);
    }
  }

  private unhide(id: string): void {
    if (this.told.delete(id)) this.map.removeFeatureState({ ...TECHNICIANS, id }, "told");
  }

  /** From near, too, a tile with too many to tell one by one has rings. */
  private lookForRings(): void {
    const afar = this.map.getZoom() < SINGLE_ZOOM;
    this.onRings(afar || this.map.querySourceFeatures(CROWD, { sourceLayer: "clusters" }).length > 0);
  }

  private drawRing(name: string): void {
    const ring = ringNamed(name);
    if (!ring || this.map.hasImage(name)) return;
    this.rings.add(name);
    this.map.addImage(name, paintRing(ring, this.colour, this.pixelRatio), { pixelRatio: this.pixelRatio });
  }
}
