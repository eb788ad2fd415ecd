import { useEffect, useRef } from "preact/hooks";
import type { Config, LatLon } from "../api/types";
import { texts } from "../texts/follow";
import type { FollowMapView } from "./FollowMapView";

interface Props {
  technician: LatLon;
  name: string;
  destination: LatLon;
}

/** The way that is left. The words beside it say the same, so the page works where no map can be drawn. */
export function FollowMap({ technician, name, destination }: Props) {
  const container = useRef<HTMLDivElement>(null);
  const view = useRef<FollowMapView | null>(null);
  useEffect(() => {
    let gone = false;
    void open(container.current!).then((made) => {
      if (gone) made?.destroy();
      else view.current = made;
      view.current?.draw(technician, name, destination);
    });
    return () => {
      gone = true;
      view.current?.destroy();
    };
  }, []);
  useEffect(
    () => view.current?.draw(technician, name, destination),
    [technician.lat, technician.lon, destination.lat, destination.lon],
  );
  return <div class="follow-map" ref={container} role="img" aria-label={texts.value.map(name)} />;
}

/** Load the library only now; without WebGL there is no map. */
async function open(container: HTMLElement): Promise<FollowMapView | null> {
  try {
    const [{ FollowMapView: View }, config] = await Promise.all([
      import("./FollowMapView"),
      fetch("/console/config.json").then((answer) => answer.json() as Promise<Config>),
    ]);
    return new View(container, config, texts.peek().you);
  } catch {
    container.hidden = true;
    return null;
  }
}
