import { moment } from "../../model/zone";
import { texts } from "../../texts/app";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import { byLastLook } from "../words";

/** Everyone who looked at where the technician was: when, how, and how often. */
export function Looks() {
  const { day } = useApp();
  const { looks, nav } = texts.value;
  return (
    <main class="page">
      <AppLink to={{ page: "me" }} class="back">
        {nav.back}
      </AppLink>
      <h1 class="page-title">{looks.title}</h1>
      {day.looks.value?.length === 0 && <p class="box nothing">{looks.empty}</p>}
      {day.looks.value === null && (
        <p class="box nothing" role="status">
          {looks.unknown}
        </p>
      )}
      <ul class="list looks">
        {byLastLook(day.looks.value ?? []).map(({ viewer, how, first_at, last_at, count }) => (
          <li key={`${viewer.id}${how}${first_at}`}>
            <b>{viewer.name}</b>
            <span>{`${looks.how[how] ?? looks.otherwise(how)}, ${looks.times(count)}`}</span>
            <time dateTime={last_at}>{moment(Date.parse(last_at), day.nowMs.value, day.homeZone)}</time>
          </li>
        ))}
      </ul>
    </main>
  );
}
