import type { Followed } from "../api/types";
import { distance, duration, travelTime } from "../model/words";
import { clockTime, slotText } from "../model/zone";
import { FollowMap } from "./FollowMap";
import type { Ending, Follower } from "./follower";

const STEPS: readonly { stage: Followed["stage"]; label: string }[] = [
  { stage: "waiting", label: "Received" },
  { stage: "planned", label: "Planned" },
  { stage: "on_the_way", label: "On the way" },
  { stage: "arrived", label: "There" },
];

const ENDINGS: Record<Ending, { title: string; text: string }> = {
  over: { title: "This visit is over", text: "There is nothing more to follow. Thank you." },
  not_found: {
    title: "This link shows nothing",
    text: "It may have been copied in part, or the store has ended it. Ask the store for a new one.",
  },
};

/** How a visit stands, for the customer who waits. */
export function FollowPage({ follower }: { follower: Follower }) {
  const ending = follower.ending.value;
  if (ending !== null) return <Message {...ENDINGS[ending]} />;
  const seen = follower.seen.value;
  if (seen === null) {
    return follower.offline.value ? (
      <Message title="No connection" text="We try again in a moment." />
    ) : (
      <Message title="One moment…" text="" />
    );
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
        {seen.collaborators.length > 0 && <p class="note">With {seen.collaborators.join(", ")}</p>}
        <p class="note">{placeNote(seen)}</p>
        {follower.offline.value && <p class="warn">No connection. As of {clockTime(nowMs, seen.timezone)}.</p>}
      </section>
      {seen.position && seen.destination && (
        <FollowMap
          technician={seen.position}
          name={seen.technician_name ?? "Technician"}
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
  const reached = STEPS.findIndex((step) => step.stage === stage);
  return (
    <ol class="steps">
      {STEPS.map((step, index) => (
        <li key={step.stage} data-done={index <= reached} aria-current={index === reached ? "step" : undefined}>
          {step.label}
        </li>
      ))}
    </ol>
  );
}

function headline(seen: Followed): string {
  const name = seen.technician_name;
  if (seen.stage === "waiting" || name === null) return "Your visit is being planned";
  if (seen.stage === "planned") return `${name} will visit you`;
  if (seen.stage === "on_the_way") return `${name} is on the way`;
  return `${name} is there`;
}

function arrival(seen: Followed, nowMs: number): string {
  if (seen.stage === "arrived") return "";
  if (seen.eta_s !== null && seen.distance_m !== null)
    return `About ${travelTime(seen.eta_s)}, ${distance(seen.distance_m)} away`;
  return slotText(seen.slot, nowMs, seen.timezone);
}

function placeNote(seen: Followed): string {
  if (seen.stage !== "on_the_way") return "";
  return seen.position === null
    ? "The place is not known at the moment."
    : `Position ${duration(seen.position.age_s)} old`;
}
