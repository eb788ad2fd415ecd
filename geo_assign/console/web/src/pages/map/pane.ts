import { type Signal, signal } from "@preact/signals";
import type { MapView } from "../../map/MapView";
import type { Desk } from "../../state/desk";

/** What the map's column knows besides the desk. */
export interface Pane {
  map: Signal<MapView | null>;
  /** `cannot`: the browser draws no map. `notLoaded`: its code did not come. */
  failed: Signal<"cannot" | "notLoaded" | null>;
  metresPerPixel: Signal<number>;
  tilesBroken: Signal<boolean>;
  basemapAttribution: Signal<string>;
  /** What the camera was last pointed at, and the wish it followed. */
  framed: { key: string; wish: Desk["viewWish"]["value"] | null };
}

export const newPane = (): Pane => ({
  map: signal(null),
  failed: signal(null),
  metresPerPixel: signal(0),
  tilesBroken: signal(false),
  basemapAttribution: signal(""),
  framed: { key: "", wish: null },
});
