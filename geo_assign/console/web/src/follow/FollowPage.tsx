import type { Followed } from "../api/types";
import { distance, duration, travelTime } from "../model/words";
import { clockTime, slotText } from "../model/zone";
import { texts } from "../texts/follow";
import { FollowMap } from "./FollowMap";
import type { Follower } from "./follower";

const STAGES: readonly Followed["stage"][] = ["waiting", "planned", "on_the_way", "arrived"];

/** How a visit stands, for the customer who waits. */
export function FollowPage({ follower }: { follower: Follower }) {
  const words = texts.value;
  const ending = follower.ending.value;
  if (ending !== null) return <Message {...words[ending]} />;
  const seen = follower.seen.value;
  if (seen === null) {
    return follower.offline.value ? <Message {...words.noConnection} /> : <Message title={words.moment} text="" />;
  }
  const nowMs = Date.parse(seen.server_now);
  return (
    <main class="follow">
      <section class="card" aria-live="polite">
        <p class="store">
          {seen.store_name} <span class="number">{seen.number}</span>
        </p>
        <h1>{headline(seen)}</h1>
        <p class="when">{arrival(seen, nowMs)}</p>
        <Steps stage={seen.stage} />
        <p class="note">{beforeNote(seen, nowMs)}</p>
        {seen.collaborators.length > 0 && <p class="note">{words.along(seen.collaborators.join(", "))}</p>}
        <p class="note">{placeNote(seen)}</p>
        {follower.offline.value && <p class="warn">{words.asOf(clockTime(nowMs, seen.timezone))}</p>}
      </section>
      {seen.position && seen.destination && (
        <FollowMap
          technician={seen.position}
          name={seen.technician_name ?? words.technician}
          destination={seen.destination}
        />
      )}
    </main>
  );
}

function Message({ title, text }: { title: string; text: string }) {
  return (
    <main class="follow message">
      <section class="card" role="status">
        <h1>{title}</h1>
        <p class="when">{text}</p>
      </section>
    </main>
  );
}

function Steps({ stage }: { stage: Followed["stage"] }) {
  const reached = STAGES.indexOf(stage);
  return (
    <ol class="steps">
      {STAGES.map((step, index) => (
        <li key={step} data-done={index <= reached} aria-current={index === reached ? "step" : undefined}>
          {texts.value.steps[step]}
        </li>
      ))}
    </ol>
  );
}

function headline(seen: Followed): string {
  const name = seen.technician_name;
  if (seen.stage === "waiting" || name === null) return texts.value.planning;
  if (seen.stage === "planned") return texts.value.willVisit(name);
  if (seen.stage === "on_the_way") return texts.value.onTheWay(name);
  return texts.value.there(name);
}

function arrival(seen: Followed, nowMs: number): string {
  if (seen.stage === "arrived") return "";
  if (seen.eta_s !== null && seen.distance_m !== null)
    return texts.value.about(travelTime(seen.eta_s), distance(seen.distance_m));
  const slot = slotText(seen.expected ?? seen.slot, nowMs, seen.timezone);
  return seen.expected ? texts.value.expected(slot) : slot;
}

function beforeNote(seen: Followed, nowMs: number): string {
  if (seen.visits_before === null) return "";
  const visits = texts.value.visitsBefore(seen.visits_before);
  return seen.expected ? `${texts.value.longer(slotText(seen.slot, nowMs, seen.timezone))} ${visits}` : visits;
}

function placeNote(seen: Followed): string {
  if (seen.stage !== "on_the_way") return "";
  return seen.position === null ? texts.value.unknown : texts.value.old(duration(seen.position.age_s));
}
