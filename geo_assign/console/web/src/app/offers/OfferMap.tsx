import { useEffect, useRef } from "preact/hooks";
import type { Config } from "../../api/types";
import { texts } from "../../texts/app";
import { useApp } from "../context";
import type { OfferMapView } from "./OfferMapView";
import type { OfferedWork } from "./offers";

/** Where the work is, and the technician. The words below say the same, so it works where no map can be drawn. */
export function OfferMap({ offer, config }: { offer: OfferedWork; config: Config }) {
  const { day, view } = useApp();
  const container = useRef<HTMLDivElement>(null);
  const map = useRef<OfferMapView | null>(null);
  const { location, kind, address } = offer.work_order;
  const here = day.sharing.watcher.here.value;
  const draw = () => location && map.current?.draw(kind, location, here);
  const dark = view.dark.value;
  useEffect(() => {
    let gone = false;
    if (location) {
      void open(container.current!, config, dark).then((made) => {
        if (gone) made?.destroy();
        else map.current = made;
        draw();
      });
    }
    return () => {
      gone = true;
      map.current?.destroy();
      map.current = null;
    };
  }, [dark]);
  useEffect(() => void draw(), [location?.lat, location?.lon, here?.lat, here?.lon]);
  if (location === null) return <div class="offer-map none" />;
  return <div class="offer-map" ref={container} role="img" aria-label={texts.value.offer.map(address ?? "")} />;
}

/** Load the library only now; without WebGL there is no map. */
async function open(container: HTMLElement, config: Config, dark: boolean): Promise<OfferMapView | null> {
  try {
    const { OfferMapView: View } = await import("./OfferMapView");
    return new View(container, config, dark);
  } catch {
    container.classList.add("none");
    return null;
  }
}
