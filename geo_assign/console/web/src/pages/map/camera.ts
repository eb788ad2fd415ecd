/** What the map shows, and where its camera goes. */
import { useSignalEffect } from "@preact/signals";
import type { Me } from "../../api/types";
import type { Page } from "../../frame/context";
import type { Margins, Scene } from "../../map/MapView";
import { boundsOf } from "../../model/geometry";
import type { Desk } from "../../state/desk";
import { framePoints, sceneOf } from "../../state/scene";
import type { View } from "../../state/view";
import type { Pane } from "./pane";

export function presentScene({ desk, view }: Page): Scene {
  desk.moves.value;
  return sceneOf({
    order: desk.selected.value,
    candidates: desk.question.candidates.value,
    excluded: desk.question.ranking.value?.answer.excluded ?? [],
    chosen: desk.question.chosen.value,
    technician: desk.technician.value,
    technicians: desk.fleet.technicians,
    hidden: view.hidden.value,
    track: desk.selection.track.value?.points ?? [],
    nowMs: desk.now.peek(),
  });
}

const PANEL_PX = 396;

export function margins(view: View, order: boolean): Margins {
  if (view.phone.peek()) return { top: 64, right: 40, bottom: 48, left: 40 };
  return { top: 110, right: order ? PANEL_PX + 70 : 64, bottom: 110, left: 64 };
}

/** Where the camera goes: the stores at first, then the open order with all technicians ranked for it. */
export function useCamera(page: Page, pane: Pane) {
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

export const pointOf = ({
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
