import { useEffect, useState } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import { remaining } from "../../model/clock";
import { firstName } from "../../model/words";
import { clockTime, localDate } from "../../model/zone";
import { texts } from "../../texts/app";
import { AppIcon } from "../AppIcon";
import { useApp } from "../context";
import { Facts } from "../Facts";
import { wayTo, workAfter } from "../today/day";
import { distanceText, titleOf } from "../words";
import { callLink } from "../work/links";
import { Clock } from "./Clock";
import { OfferMap } from "./OfferMap";
import { endingOf, type OfferedWork } from "./offers";
import { RejectForm } from "./RejectForm";

type Doing = "accept" | "reject" | null;

/** An offer takes the screen until it is answered, put aside or over. */
export function OfferScreen({ offer }: { offer: OfferedWork }) {
  const { account, day } = useApp();
  const [doing, setDoing] = useState<Doing>(null);
  const [rejects, setRejects] = useState(false);
  const [problem, setProblem] = useState("");
  const words = texts.value.offer;
  const zone = day.zoneOf(offer.work_order.store_id);

  const putAside = () => {
    day.aside.value = new Set([...day.aside.value, offer.id]);
  };
  const answer = async (which: Doing, send: () => Promise<void>) => {
    setDoing(which);
    setProblem("");
    try {
      await send();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setProblem(problemText(error, offer, zone));
      setDoing(null);
    }
  };
  if (rejects) {
    return (
      <RejectForm
        offer={offer}
        busy={doing !== null}
        problem={problem}
        onCancel={() => setRejects(false)}
        onReject={(reason, note) => void answer("reject", () => day.reject(offer, reason, note))}
      />
    );
  }
  return (
    <>
      <main class="offer" aria-label={words.label}>
        <div class="offer-top">
          <OfferMap offer={offer} config={account.session.config.value} />
          <button type="button" class="btn round" aria-label={words.hide} onClick={putAside}>
            <AppIcon name="close" />
          </button>
        </div>
        <div class="offer-sheet">
          <Several offer={offer} />
          <Heading offer={offer} />
          <Facts slot={offer.work_order.slot} zone={zone} way={wayOf(offer)} />
          <Customer offer={offer} />
          <WhatFollows offer={offer} zone={zone} />
          {offer.work_order.notes && <p class="quote">{offer.work_order.notes}</p>}
        </div>
      </main>
      <Answers
        offer={offer}
        doing={doing}
        problem={problem}
        onAccept={() => void answer("accept", () => day.accept(offer))}
        onReject={() => setRejects(true)}
      />
    </>
  );
}

interface AnswersProps {
  offer: OfferedWork;
  doing: Doing;
  problem: string;
  onAccept: () => void;
  onReject: () => void;
}

/** Accept and reject, always in reach; and the way back to the rest of the app. */
function Answers({ offer, doing, problem, onAccept, onReject }: AnswersProps) {
  const { day } = useApp();
  const words = texts.value.offer;
  const store = day.facts.value?.stores.find(({ id }) => id === offer.work_order.store_id);
  const mayReject = store?.may_reject ?? true;
  return (
    <footer class="do">
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      {!mayReject && <p class="hint">{words.noReject}</p>}
      <div class={mayReject ? "answers" : "answers one"}>
        {mayReject && (
          <button type="button" class="btn" disabled={doing !== null} onClick={onReject}>
            {words.reject}
          </button>
        )}
        <button type="button" class="btn pri" disabled={doing !== null} onClick={onAccept}>
          {doing === "accept" ? words.accepting : words.accept}
        </button>
      </div>
    </footer>
  );
}

/** What became of the answer: an offer that is over goes by itself, and is told then. */
function problemText(error: ApiProblem, offer: OfferedWork, zone: string): string {
  const { ended, offer: words } = texts.value;
  if (error.status === 0) return words.noNetwork(clockTime(Date.parse(offer.expires_at), zone));
  const ending = endingOf(error.code);
  return ending === null ? error.message || words.failed : ended[ending];
}

function wayOf(offer: OfferedWork) {
  const { distance_m, eta_s } = offer;
  return distance_m === null || eta_s === null ? null : { distance_m, drive_s: eta_s };
}

function Heading({ offer }: { offer: OfferedWork }) {
  const { day } = useApp();
  const words = texts.value.offer;
  const { work_order: order, role } = offer;
  const known = offer.distance_m !== null;
  const kind = order.kind === "lead" ? (known ? words.lead : words.leadFar) : known ? words.ticket : words.ticketFar;
  const lead = order.assignee?.name ?? order.offers.find((one) => one.role === "primary")?.technician_name;
  const along = lead ? words.comeAlong(firstName(lead)) : words.comeAlongPlain;
  return (
    <div class="head">
      <div>
        <h1>{titleOf(order)}</h1>
        <p>{role === "collaborator" ? along : kind}</p>
      </div>
      <Clock left={remaining(offer, day.nowMs.value)} kind={order.kind} />
    </div>
  );
}

function Customer({ offer }: { offer: OfferedWork }) {
  const words = texts.value.offer;
  const { customer, address } = offer.work_order;
  const call = callLink(customer);
  return (
    <div class="line">
      <AppIcon name="user" />
      <div>
        <b>{customer.name}</b>
        <small>{address}</small>
      </div>
      {call && (
        <a class="btn round" href={call} aria-label={words.call(customer.name ?? "")}>
          <AppIcon name="phone" />
        </a>
      )}
    </div>
  );
}

/** What the day holds after it. */
function WhatFollows({ offer, zone }: { offer: OfferedWork; zone: string }) {
  const { day } = useApp();
  const words = texts.value.offer;
  const after = workAfter(
    [...day.day.value.jobs, ...[...day.day.value.later.values()].flat()],
    offer.work_order.slot.end,
  );
  const dateOf = (time: string) => localDate(Date.parse(time), zone);
  const sameDay = after !== null && dateOf(after.order.slot.start) === dateOf(offer.work_order.slot.end);
  const way = after && sameDay ? wayTo(after.order, offer.work_order.location) : null;
  return (
    <div class="line">
      <AppIcon name="day" />
      <div>
        <b>
          {after && sameDay ? words.fitsBefore(clockTime(Date.parse(after.order.slot.start), zone)) : words.fitsNothing}
        </b>
        {after && sameDay && (
          <small>
            {[titleOf(after.order), way && words.on(distanceText(way.distance_m))].filter(Boolean).join(", ")}
          </small>
        )}
      </div>
    </div>
  );
}

/** Several offers at once: which one is shown, and the way to the others. */
function Several({ offer }: { offer: OfferedWork }) {
  const { day } = useApp();
  const words = texts.value.offer;
  const open = day.offers.value;
  const place = open.findIndex(({ id }) => id === offer.id);
  useEffect(() => {
    // The one that is looked at stays, also when another one runs out sooner.
    day.chosen.value = offer.id;
  }, [offer.id]);
  if (open.length < 2) return null;
  const show = (by: number) => {
    const next = open[(place + by + open.length) % open.length];
    day.aside.value = new Set();
    day.chosen.value = next?.id ?? null;
  };
  return (
    <div class="several">
      <button type="button" class="btn icon" aria-label={words.previous} onClick={() => show(-1)}>
        <AppIcon name="left" />
      </button>
      <span aria-live="polite">{words.several(place + 1, open.length)}</span>
      <button type="button" class="btn icon" aria-label={words.nextOne} onClick={() => show(1)}>
        <AppIcon name="right" />
      </button>
    </div>
  );
}
