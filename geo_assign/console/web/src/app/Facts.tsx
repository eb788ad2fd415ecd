import { localDate, slotText } from "../model/zone";
import { texts } from "../texts/app";
import { useApp } from "./context";
import type { Way } from "./today/day";
import { distanceText, driveText, slotTimes } from "./words";

interface Props {
  slot: { start: string; end: string };
  zone: string;
  way: Way | null;
  /** The technician is there: how far it is goes without saying. */
  there?: boolean;
}

/** When, and how far. The day is said where it is not today. */
export function Facts({ slot, zone, way, there = false }: Props) {
  const { day } = useApp();
  const { offer } = texts.value;
  const nowMs = day.nowMs.value;
  const isToday = localDate(Date.parse(slot.start), zone) === localDate(nowMs, zone);
  return (
    <dl class="facts">
      <div>
        <dt>{offer.when}</dt>
        <dd>{isToday ? slotTimes(slot, zone) : slotText(slot, nowMs, zone)}</dd>
      </div>
      {!there && (
        <div>
          <dt>{offer.drive}</dt>
          <dd>{way === null ? offer.unknown : driveText(way.drive_s)}</dd>
        </div>
      )}
      {!there && (
        <div>
          <dt>{offer.away}</dt>
          <dd>{way === null ? offer.unknown : distanceText(way.distance_m)}</dd>
        </div>
      )}
    </dl>
  );
}
