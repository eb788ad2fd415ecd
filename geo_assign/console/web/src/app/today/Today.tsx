import { clockTime } from "../../model/zone";
import { pin } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/app";
import { AppIcon } from "../AppIcon";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import { PushCard } from "../push/PushCard";
import { crewText, dateText, driveText, lookedToday, shortName, titleOf } from "../words";
import { type Job, wayTo } from "./day";
import { JobCard } from "./JobCard";

/** What is next, and the day around it. */
export function Today() {
  const { day } = useApp();
  const { today } = texts.value;
  const { jobs, next, done } = day.day.value;
  return (
    <main class="page">
      <h1 class="sr">{today.title}</h1>
      {next ? <JobCard job={next} /> : <Nothing />}
      <PushCard />
      {jobs.length > 0 && (
        <section class="list day" aria-labelledby="day-title">
          <h2 id="day-title">
            {dateText(day.nowMs.value, day.homeZone)}
            <span>{today.counts(jobs.length, done)}</span>
          </h2>
          <ol>
            {jobs.map((job, place) => (
              <DayRow key={job.order.id} job={job} before={jobs[place - 1] ?? null} isNext={job === next} />
            ))}
          </ol>
        </section>
      )}
      <LooksCard />
    </main>
  );
}

function Nothing() {
  const { day } = useApp();
  const { today } = texts.value;
  if (!day.isKnown.value) return <NotKnown />;
  return (
    <section class="box nothing">
      <h2>{today.empty}</h2>
      <p>{day.onDuty.value ? today.emptyOn : today.emptyOff}</p>
    </section>
  );
}

/** Stands for the schedule until it was read for the first time on this phone. */
export function NotKnown() {
  const { account, day } = useApp();
  const { today } = texts.value;
  const asks = account.reached.value && !day.isFailing.value;
  return (
    <section class="box nothing" role="status">
      <h2>{asks ? today.looking : today.unknown}</h2>
      <p>{asks ? today.lookingText : today.unknownText}</p>
    </section>
  );
}

interface RowProps {
  job: Job;
  before: Job | null;
  isNext: boolean;
}

/** One work order of a day; the row leads to its page. */
export function DayRow({ job, before, isNext }: RowProps) {
  const { order, state, zone } = job;
  const isDone = state === "completed";
  return (
    <li class={isDone ? "done" : isNext ? "now" : ""}>
      <AppLink to={{ page: "work", id: order.id }}>
        <time dateTime={order.slot.start}>{clockTime(Date.parse(order.slot.start), zone)}</time>
        <Symbol
          shapes={pin(
            order.kind,
            true,
            isDone ? "check" : state === "travelling" ? "go" : state === "assigned" ? "dot" : "work",
          )}
        />
        <span class="what">
          <b>{titleOf(order)}</b>
          <small>{rowText(job, before, isNext)}</small>
        </span>
        <span class="role">{crewText(job)}</span>
      </AppLink>
    </li>
  );
}

/** `done 09:50, Old Quay 4`, `next, 12 Quay Street`, `4 min on, 31 Mill Lane`. */
function rowText({ order, state, zone }: Job, before: Job | null, isNext: boolean): string {
  const { today, states } = texts.value;
  const way = before === null ? null : wayTo(order, before.order.location);
  const first =
    state === "completed"
      ? today.done(clockTime(Date.parse(order.updated_at), zone))
      : state !== "assigned"
        ? states[state]
        : isNext
          ? today.nextOne
          : way && texts.value.offer.on(driveText(way.drive_s));
  return [first, order.address ?? (order.customer.name || null)].filter(Boolean).join(", ");
}

function LooksCard() {
  const { day } = useApp();
  const { today } = texts.value;
  const looks = lookedToday(day.looks.value ?? [], day.nowMs.value, day.homeZone);
  const words = looks
    .slice(0, 3)
    .map(({ viewer, last_at }) => `${shortName(viewer.name)} ${clockTime(Date.parse(last_at), day.homeZone)}`);
  return (
    <section class="look" aria-labelledby="looks-title">
      <AppIcon name="eye" />
      <div>
        <h2 id="looks-title">{today.looked}</h2>
        <p>{day.looks.value === null ? today.lookedUnknown : words.join(" · ") || today.lookedNone}</p>
      </div>
      <AppLink to={{ page: "looks" }} aria-label={today.allLooks}>
        <AppIcon name="right" />
      </AppLink>
    </section>
  );
}
