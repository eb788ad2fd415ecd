import { useEffect } from "preact/hooks";
import type { Candidate, Nearest, RankBy, WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { queryValue, setQuery } from "../frame/router";
import {
  type Axis,
  dayAxis,
  dayStrip,
  headline,
  howKnown,
  RANK_IN_ADDRESS,
  rankedFor,
  type StripPart,
  wantedRank,
  workloadText,
} from "../model/nearest";
import { distance, travelTime } from "../model/words";
import { slotText } from "../model/zone";
import { withLive } from "../state/scene";
import { PLANNED, person } from "../symbols/drawings";
import { Symbol } from "../symbols/Symbol";
import { texts } from "../texts/console";
import { WaysOut } from "./WaysOut";
import { Why } from "./Why";

/** The ranking for an order whose place is known, and the two ways to give it. */
export function Candidates({ order }: { order: WorkOrder }) {
  const { question } = usePage().desk;
  const wanted = wantedRank(queryValue("rank"));
  useEffect(() => question.rank(wanted), [wanted]);
  const ranking = question.ranking.value;
  if (question.problem.value && !ranking) return <Problem text={question.problem.value} />;
  if (!ranking)
    return (
      <p class="empty" role="status">
        {texts.value.panel.looking}
      </p>
    );
  const { answer, changes } = ranking;
  return (
    <>
      <Summary nearest={answer} />
      <Fallback nearest={answer} />
      {changes > 0 && (
        <button type="button" class="changed" onClick={() => question.showWaiting()}>
          {texts.value.panel.changes(changes)}
        </button>
      )}
      {answer.candidates.length > 0 && <List order={order} answer={answer} />}
      {answer.candidates.length === 0 && <WaysOut order={order} nearest={answer} />}
      <Why nearest={answer} order={order} />
    </>
  );
}

function Problem({ text }: { text: string }) {
  const { desk } = usePage();
  return (
    <div class="empty">
      <p role="alert">{text}</p>
      <button type="button" class="btn" onClick={() => void desk.question.ask()}>
        {texts.value.panel.tryAgain}
      </button>
    </div>
  );
}

function Summary({ nearest }: { nearest: Nearest }) {
  const { main, rest } = headline(nearest);
  return (
    <div class="seg">
      <h2>{main}</h2>
      <span class="muted">{rest}</span>
      <RankChoice nearest={nearest} />
    </div>
  );
}

/** What comes first. It is in the address, so that back, reload and a colleague's window keep it. */
function RankChoice({ nearest }: { nearest: Nearest }) {
  const words = texts.value.panel;
  const chosen = usePage().desk.question.rank_by.value ?? rankedFor(nearest);
  const choice = (by: RankBy, label: string) => (
    <button type="button" aria-pressed={by === chosen} onClick={() => setQuery({ rank: RANK_IN_ADDRESS[by] })}>
      {label}
    </button>
  );
  return (
    <span class="pick" role="group" aria-label={words.rankBy}>
      {choice("drive_time", words.driveTime)}
      {choice("distance", words.distanceShort)}
    </span>
  );
}

/** Why drive time was wanted and the straight line ranked. */
function Fallback({ nearest }: { nearest: Nearest }) {
  const words = texts.value.panel;
  const { rank_by } = usePage().desk.question;
  const problem = nearest.routing?.problem;
  if (problem) {
    return (
      <p class="by-line" role="status">
        {words.byLine(problem.detail)}
      </p>
    );
  }
  if (rank_by.value !== "drive_time" || nearest.routing || nearest.candidates.length === 0) return null;
  return (
    <p class="by-line" role="status">
      {words.noRouter}
    </p>
  );
}

function List({ order, answer }: { order: WorkOrder; answer: Nearest }) {
  const { desk } = usePage();
  const words = texts.value.panel;
  const axis = dayAxis(answer, desk.zoneOf(order));
  return (
    <>
      <div class="axis" aria-hidden="true">
        <div>
          {axis.ticks.map(({ left, text }) => (
            <span key={text} style={{ left: `${left}%` }}>
              {text}
            </span>
          ))}
        </div>
      </div>
      <ol class="cands" aria-label={answer.ranked_by === "drive_time" ? words.soonestFirst : words.nearestFirst}>
        {answer.candidates.map((candidate) => (
          <Row key={candidate.technician_id} candidate={candidate} order={order} axis={axis} />
        ))}
      </ol>
    </>
  );
}

function Row({ candidate: ranked, order, axis }: { candidate: Candidate; order: WorkOrder; axis: Axis }) {
  const { desk } = usePage();
  const { question } = desk;
  desk.moves.value;
  const candidate = withLive(ranked, desk.fleet.technicians.get(ranked.technician_id));
  const known = howKnown(candidate, order.slot, desk.now.value, desk.zoneOf(order));
  const chosen = question.chosen.value?.technician_id === candidate.technician_id;
  const shapes = known.planned ? PLANNED : person("free", candidate.provider ? "diamond" : "round");
  const answer = question.answers.value.get(candidate.technician_id);
  return (
    <li class="row">
      <button
        type="button"
        class="cand"
        data-candidate
        aria-pressed={chosen}
        onClick={() => question.choose(candidate.technician_id)}
      >
        <span class="num">
          <Symbol shapes={shapes} />
          <b class={known.planned ? "planned" : ""}>{candidate.rank}</b>
        </span>
        <span class="nm">
          <span class="name">{candidate.name}</span>
          <Marks candidate={candidate} />
        </span>
        <Far candidate={candidate} />
        <span class="sub">
          <span>
            <em class={known.fresh ? "fresh" : known.planned ? "" : "old"}>{known.how}</em>
            {known.detail && ` ${known.detail}`}
          </span>
          <span>{workloadText(candidate)}</span>
        </span>
        <Strip
          parts={dayStrip(candidate, order.slot, axis, desk.now.value)}
          label={stripLabel(candidate, desk.now.value, desk.zoneOf(order))}
        />
        {answer && <span class="answer">{answer}</span>}
      </button>
      <Along candidate={candidate} chosen={chosen} />
    </li>
  );
}

/** Comes along with the one chosen, who leads. */
function Along({ candidate: { technician_id: id, name }, chosen }: { candidate: Candidate; chosen: boolean }) {
  const { question } = usePage().desk;
  const words = texts.value.panel;
  if (question.replacing.value) return null;
  if (chosen) return question.crew.value.length > 0 ? <span class="along chip">{words.lead}</span> : null;
  return (
    <label class="along">
      <input
        type="checkbox"
        aria-label={words.along(name)}
        checked={question.along.value.has(id)}
        onChange={() => question.toggleAlong(id)}
      />
      <span aria-hidden="true">{words.with}</span>
    </label>
  );
}

function Marks({ candidate }: { candidate: Candidate }) {
  const offers = candidate.workload?.open_offers ?? 0;
  return (
    <>
      {candidate.provider && <span class="chip">{texts.value.panel.provider}</span>}
      {offers > 0 && <span class="chip">{texts.value.panel.openOffers(offers)}</span>}
    </>
  );
}

function Far({ candidate: { eta_s, distance_m, no_drive } }: { candidate: Candidate }) {
  if (no_drive) {
    return (
      <span class="eta">
        {texts.value.panel.noDrive[no_drive]} <small>{distance(distance_m)}</small>
      </span>
    );
  }
  if (eta_s === null) return <span class="eta">{distance(distance_m)}</span>;
  return (
    <span class="eta">
      {travelTime(eta_s)} <small>{distance(distance_m)}</small>
    </span>
  );
}

function stripLabel(candidate: Candidate, nowMs: number, zone: string): string {
  const busy = (candidate.day ?? []).map((entry) => slotText(entry, nowMs, zone)).join(", ");
  return busy ? texts.value.panel.booked(busy) : texts.value.panel.nothingBooked;
}

function Strip({ parts, label }: { parts: StripPart[]; label: string }) {
  return (
    <span class="strip" role="img" aria-label={label}>
      {parts.map(({ kind, left, width }, index) => (
        <i
          key={index}
          class={kind}
          style={kind === "now" ? { left: `${left}%` } : { left: `${left}%`, width: `${width}%` }}
        />
      ))}
    </span>
  );
}
