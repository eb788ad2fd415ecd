import { usePage } from "../../frame/context";
import { ageSeconds } from "../../model/clock";
import { exclusionText } from "../../model/nearest";
import { duration } from "../../model/words";
import { clockTime } from "../../model/zone";
import { person } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/console";

/** A technician pointed at on the map; with an order open, first why not offered. */
export function TechnicianCard() {
  const { desk } = usePage();
  const technician = desk.technician.value;
  if (!technician) return null;
  const { name, status, provider, recorded_at, accuracy_m, busy_until, number_today } = technician.properties;
  const zone = desk.zoneOf(technician.properties);
  const excluded = desk.question.ranking.value?.answer.excluded.find((each) => each.technician_id === technician.id);
  const age = ageSeconds(recorded_at, desk.now.value);
  const words = texts.value.map;
  const seen = age === null ? words.ageUnknown : words.ago(duration(age));
  const until = status === "busy" && busy_until ? ` ${words.until(clockTime(Date.parse(busy_until), zone))}` : "";
  return (
    <div class="card person" role="region" aria-label={name}>
      <Symbol shapes={person(status, provider ? "diamond" : "round")} />
      <div>
        <b>{name}</b>
        {excluded && <p class="reason">{exclusionText(excluded, desk.now.value, zone)}</p>}
        <p>{`${words.statusOf[status]}${until} · ${seen}${accuracy_m === null ? "" : `, ±${Math.round(accuracy_m)} m`}`}</p>
        <p>{`${words.ordersToday(number_today)}${provider ? ` · ${words.provider}` : ""}`}</p>
        {desk.past.at.value === null && <Way id={technician.id} zone={zone} />}
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label={texts.value.panel.close}
        onClick={() => desk.selection.leavePerson()}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

/** Following on the map, and the day's way with its times: a look that the technician can read of. */
function Way({ id, zone }: { id: string; zone: string }) {
  const { desk } = usePage();
  const words = texts.value.map;
  const track = desk.selection.track.value?.technician_id === id ? desk.selection.track.value : null;
  const first = track?.points[0];
  const last = track?.points.at(-1);
  const time = (at: string) => clockTime(Date.parse(at), zone);
  return (
    <>
      <div class="ways">
        <button
          type="button"
          class="btn"
          aria-pressed={desk.selection.followedId.value === id}
          onClick={() => desk.selection.toggleFollow(id)}
        >
          {desk.selection.followedId.value === id ? words.following : words.follow}
        </button>
        <button
          type="button"
          class="btn"
          aria-pressed={track !== null}
          onClick={() => void desk.selection.toggleTrack(id)}
        >
          {track ? words.hideRoute : words.route}
        </button>
      </div>
      {track && (
        <p role="status">
          {first && last ? words.routeOf(track.recorded, time(first.at), time(last.at)) : words.noRoute}
        </p>
      )}
      {desk.selection.trackProblem.value && <p role="alert">{desk.selection.trackProblem.value}</p>}
      <p class="muted">{words.looksAreLogged}</p>
    </>
  );
}
