import { useEffect, useMemo } from "preact/hooks";
import { usePage } from "../../../frame/context";
import { setQuery } from "../../../frame/router";
import { localDay } from "../../../model/dates";
import { clockTime, dayName, localDate } from "../../../model/zone";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/console";
import { datesBetween, instantText, MINUTE_MS, reachOf, sameTimeOn, steppedBy, wholeMinute } from "./model";

const KEPT_AT_LEAST_MS = 30 * 24 * 60 * MINUTE_MS;

/** Look at an instant; it is in the address, and each move of the slider is not a step back. */
export const lookAt = (ms: number | null, { replace = false } = {}) =>
  setQuery({ at: ms === null ? null : instantText(ms) }, { replace });

/** From the present to a few minutes ago. */
export function PastButton() {
  const { desk } = usePage();
  const words = texts.value.past;
  if (desk.past.at.value !== null) return null;
  return (
    <button
      type="button"
      class="card past-button"
      aria-label={words.open}
      title={words.open}
      onClick={() => lookAt(wholeMinute(desk.clock.now()) - 5 * MINUTE_MS)}
    >
      <Icon name="history" />
    </button>
  );
}

/** What is shown is over: when, the slider, and the way back. */
export function PastBar() {
  const at = usePage().desk.past.at.value;
  return at === null ? null : <Bar at={at} />;
}

function Bar({ at }: { at: number }) {
  const { desk } = usePage();
  const { past } = desk;
  const words = texts.value.past;
  const zone = desk.zoneOf(null);
  const nowMs = desk.clock.now();
  const date = localDate(at, zone);
  const day = useMemo(() => localDay(date, zone), [date, zone]);
  const reach = reachOf(day, nowMs);
  const { min, max } = datesBetween(past.reachesBackTo.value ?? nowMs - KEPT_AT_LEAST_MS, nowMs, zone);
  const time = clockTime(at, zone);
  useEffect(() => {
    desk.announcement.value = words.shown(time);
  }, [time]);
  return (
    <section class="card past-bar" aria-label={words.title} aria-busy={past.loading.value}>
      <div class="past-head">
        <Icon name="history" />
        <b>{words.shown(`${dayName(at, nowMs, zone)} ${time}`)}</b>
        <input
          type="date"
          aria-label={words.day}
          value={date}
          min={min}
          max={max}
          onChange={({ currentTarget: { value } }) => {
            if (value) lookAt(sameTimeOn(at, day, localDay(value, zone), nowMs), { replace: true });
          }}
        />
        <button type="button" class="btn pri" onClick={() => lookAt(null)}>
          {words.back}
        </button>
      </div>
      <div class="past-slide">
        <span aria-hidden="true">{clockTime(reach.fromMs, zone)}</span>
        <input
          type="range"
          aria-label={words.time}
          aria-valuetext={time}
          min={0}
          max={Math.round((reach.toMs - reach.fromMs) / MINUTE_MS)}
          value={Math.round((at - reach.fromMs) / MINUTE_MS)}
          onInput={({ currentTarget }) =>
            lookAt(reach.fromMs + Number(currentTarget.value) * MINUTE_MS, { replace: true })
          }
          onKeyDown={(event) => {
            const to = steppedBy(event.key, event.shiftKey, at, reach);
            if (to === null) return;
            event.preventDefault();
            lookAt(to, { replace: true });
          }}
        />
        <span aria-hidden="true">{clockTime(reach.toMs, zone)}</span>
      </div>
      {past.problem.value ? (
        <p class="past-problem" role="alert">
          {past.problem.value}
        </p>
      ) : (
        <p class="muted">
          {words.paused} {texts.value.map.looksAreLogged} {words.asToday}
        </p>
      )}
    </section>
  );
}
