import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import type { Candidate, Nearest, OrderFeature } from "../../../api/types";
import { usePage } from "../../../frame/context";
import { exclusionText, howKnown, workloadText } from "../../../model/nearest";
import { isTaken } from "../../../model/pending";
import { distance } from "../../../model/words";
import { clockTime, slotText } from "../../../model/zone";
import { glyphOf, PLANNED, person, pin } from "../../../symbols/drawings";
import { Icon } from "../../../symbols/Icon";
import { Symbol } from "../../../symbols/Symbol";
import { texts } from "../../../texts/console";

const ASKED = 6;

/** An order as it stood, and who could have gone: to be read, nothing is given away in the past. */
export function PastCard() {
  const { desk } = usePage();
  desk.moves.value;
  const id = desk.selectedId.value;
  if (id === null) return null;
  const order = desk.fleet.pins.get(id);
  return order ? <Card order={order} /> : <NotThere />;
}

function NotThere() {
  const { desk } = usePage();
  if (desk.past.loading.value) return null;
  return (
    <section class="near card" data-shows="nothing" aria-label={texts.value.past.notThere}>
      <div class="empty">
        <p>{texts.value.past.notThere}</p>
        <button type="button" class="btn" onClick={() => desk.select(null)}>
          {texts.value.panel.close}
        </button>
      </div>
    </section>
  );
}

function Card({ order: { id, properties } }: { order: OrderFeature }) {
  const { desk } = usePage();
  const words = texts.value.past;
  const zone = desk.zoneOf(null);
  const answer = useNearestThen(id);
  const { title, number, slot, assignee, offer } = properties;
  const who = offer
    ? words.askedUntil(offer.technician_name, clockTime(Date.parse(offer.expires_at), zone))
    : assignee
      ? words.hadIt(assignee.name)
      : words.noOne;
  return (
    <section class="near card past-card" aria-label={words.order(number)} data-shows="nothing">
      <div class="near-scroll" role="group" tabIndex={-1} aria-label={number}>
        <div class="who">
          <Symbol shapes={pin(properties.order_kind, isTaken(properties), glyphOf(properties))} />
          <div>
            <h2>{title}</h2>
            <p>{`${number} · ${slotText(slot, desk.now.value, zone)}`}</p>
            <p>{who}</p>
            {(properties.as_today ?? []).length > 0 && <p class="muted">{words.changedSince}</p>}
          </div>
          <button
            type="button"
            class="icon-button"
            aria-label={texts.value.panel.close}
            onClick={() => desk.select(null)}
          >
            <Icon name="close" />
          </button>
        </div>
        <Who answer={answer} />
      </div>
    </section>
  );
}

function Who({ answer }: { answer: Nearest | string | null }) {
  const { desk } = usePage();
  const words = texts.value.past;
  const zone = desk.zoneOf(null);
  if (answer === null) {
    return (
      <p class="empty" role="status">
        {texts.value.panel.looking}
      </p>
    );
  }
  if (typeof answer === "string") {
    return (
      <p class="empty" role="alert">
        {answer}
      </p>
    );
  }
  return (
    <>
      <div class="seg">
        <h2>{words.couldGo(answer.candidates.length)}</h2>
      </div>
      <ol class="cands" aria-label={texts.value.panel.nearestFirst}>
        {answer.candidates.map((each) => (
          <Row key={each.technician_id} candidate={each} nearest={answer} />
        ))}
      </ol>
      {answer.excluded.length > 0 && (
        <details class="past-why">
          <summary>{words.couldNot(answer.excluded.length)}</summary>
          <ul>
            {answer.excluded.map((each) => (
              <li key={each.technician_id}>
                <b>{each.name}</b> {exclusionText(each, desk.now.value, zone)}
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Row({ candidate, nearest }: { candidate: Candidate; nearest: Nearest }) {
  const { desk } = usePage();
  const known = howKnown(candidate, nearest.slot, desk.now.value, desk.zoneOf(null));
  const shapes = known.planned ? PLANNED : person("free", candidate.provider ? "diamond" : "round");
  return (
    <li class="row">
      <div class="cand">
        <span class="num">
          <Symbol shapes={shapes} />
          <b class={known.planned ? "planned" : ""}>{candidate.rank}</b>
        </span>
        <span class="nm">
          <span class="name">{candidate.name}</span>
        </span>
        <span class="eta">{distance(candidate.distance_m)}</span>
        <span class="sub">
          <span>{`${known.how} ${known.detail}`.trim()}</span>
          <span>{workloadText(candidate)}</span>
        </span>
      </div>
    </li>
  );
}

const SETTLED_MS = 250;

/** Who could have gone at the instant that is shown; what went wrong, in words; null while it is asked. */
function useNearestThen(orderId: string): Nearest | string | null {
  const { desk, client } = usePage();
  const answer = useSignal<Nearest | string | null>(null);
  const at = desk.past.at.value;
  useEffect(() => {
    answer.value = null;
    if (at === null) return;
    let gone = false;
    const take = (found: Nearest | string) => {
      if (!gone) answer.value = found;
    };
    // A slider that is drawn asks once, where it stops.
    const timer = setTimeout(() => {
      client.nearestThen(orderId, ASKED, at).then(take, (error: unknown) => {
        if (error instanceof ApiProblem) take(error.message);
      });
    }, SETTLED_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [orderId, at]);
  return answer.value;
}
