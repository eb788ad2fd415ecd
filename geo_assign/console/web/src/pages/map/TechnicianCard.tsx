import { usePage } from "../../frame/context";
import { ageSeconds } from "../../model/clock";
import { exclusionText } from "../../model/nearest";
import { duration, plural } from "../../model/words";
import { clockTime } from "../../model/zone";
import { person } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";

const STATUS = { free: "Free", offered: "Has an open offer", busy: "Busy", silent: "Silent" };

/** A technician pointed at on the map; with an order open, first why not offered. */
export function TechnicianCard() {
  const { desk } = usePage();
  const technician = desk.technician.value;
  if (!technician) return null;
  const { name, status, provider, recorded_at, accuracy_m, busy_until, number_today } = technician.properties;
  const zone = desk.zoneOf(technician.properties);
  const excluded = desk.question.ranking.value?.answer.excluded.find((each) => each.technician_id === technician.id);
  const age = ageSeconds(recorded_at, desk.now.value);
  const seen = age === null ? "age unknown" : `${duration(age)} ago`;
  const until = status === "busy" && busy_until ? ` until ${clockTime(Date.parse(busy_until), zone)}` : "";
  return (
    <div class="card person" role="region" aria-label={name}>
      <Symbol shapes={person(status, provider ? "diamond" : "round")} />
      <div>
        <b>{name}</b>
        {excluded && <p class="reason">{exclusionText(excluded, desk.now.value, zone)}</p>}
        <p>{`${STATUS[status]}${until} · ${seen}${accuracy_m === null ? "" : `, ±${Math.round(accuracy_m)} m`}`}</p>
        <p>{`${plural(number_today, "order", "orders")} today${provider ? " · provider" : ""}`}</p>
      </div>
      <button type="button" class="icon-button" aria-label="Close" onClick={() => (desk.technicianId.value = null)}>
        <Icon name="close" />
      </button>
    </div>
  );
}
