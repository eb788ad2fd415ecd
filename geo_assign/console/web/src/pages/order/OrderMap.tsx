import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import type { SmallLine, SmallMark } from "../../map/SmallMap";
import { isTaken } from "../../model/pending";
import { firstName } from "../../model/words";
import { glyphOf, person, pin } from "../../symbols/drawings";
import { SmallMapPane } from "../../ui/SmallMapPane";
import { words } from "./context";

/** Where the customer is, and the technician who has the order or is asked, as far as the place is known. */
export function OrderMap({ order }: { order: OrderDetail }) {
  const { desk } = usePage();
  desk.moves.value;
  const marks: SmallMark[] = [];
  const lines: SmallLine[] = [];
  const place = order.location;
  if (place) {
    for (const id of [order.assignee?.id, ...order.offers.map((offer) => offer.technician_id)]) {
      const technician = desk.fleet.technicians.get(id ?? "");
      if (!technician) continue;
      const [lon = 0, lat = 0] = technician.geometry.coordinates;
      const { name, status, provider } = technician.properties;
      marks.push({
        id: technician.properties.id,
        at: { lat, lon },
        shapes: person(status, provider ? "diamond" : "round"),
        name: firstName(name),
      });
      lines.push({ from: { lat, lon }, to: place, kind: "solid" });
    }
    marks.push({ id: order.id, at: place, shapes: pin(order.kind, isTaken(order), glyphOf(order)), name: "" });
  }
  return <SmallMapPane label={words().customer.map} marks={marks} lines={lines} />;
}
