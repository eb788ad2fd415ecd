import { clockTime, localDate } from "../../model/zone";
import { texts } from "../../texts/app";
import type { Facts } from "../api/types";
import { useApp } from "../context";
import type { Job } from "../today/day";
import { DayRow, NotKnown } from "../today/Today";
import { dateText } from "../words";

/** Work of other days, and when the technician works at all. */
export function NextDays() {
  const { day } = useApp();
  const { days } = texts.value;
  const later = [...day.day.value.later].sort(([a], [b]) => a.localeCompare(b));
  return (
    <main class="page">
      <h1 class="page-title">{days.title}</h1>
      {!day.isKnown.value && <NotKnown />}
      {later.length === 0 && day.isKnown.value && <p class="box nothing">{days.empty}</p>}
      {later.map(([date, jobs]) => (
        <DayOf key={date} date={date} jobs={jobs} />
      ))}
      <Hours facts={day.facts.value} zone={day.homeZone} />
    </main>
  );
}

function DayOf({ date, jobs }: { date: string; jobs: readonly Job[] }) {
  const { today } = texts.value;
  const [first] = jobs;
  const title = first ? dateText(Date.parse(first.order.slot.start), first.zone) : date;
  return (
    <section class="list day" aria-labelledby={`day-${date}`}>
      <h2 id={`day-${date}`}>
        {title}
        <span>{today.counts(jobs.length, 0)}</span>
      </h2>
      <ol>
        {jobs.map((job, place) => (
          <DayRow key={job.order.id} job={job} before={jobs[place - 1] ?? null} isNext={false} />
        ))}
      </ol>
    </section>
  );
}

/** The hours of the next days as the service knows them, exceptions and time off included. */
function Hours({ facts, zone }: { facts: Facts | null; zone: string }) {
  const { days } = texts.value;
  return (
    <section class="box stack" aria-labelledby="hours-title">
      <h2 id="hours-title">{days.hours}</h2>
      {facts === null ? (
        <p class="hint">{days.noHours}</p>
      ) : (
        <dl class="hours">
          {hoursByDay(facts, zone).map(({ title, lines }) => (
            <div key={title}>
              <dt>{title}</dt>
              <dd>{lines.length > 0 ? lines.join(", ") : days.none}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

interface DayHours {
  title: string;
  lines: string[];
}

const DAY_MS = 24 * 3_600_000;
const DAYS = 14;

export function hoursByDay({ working_times, time_off, server_now }: Facts, zone: string): DayHours[] {
  const { days } = texts.value;
  const nowMs = Date.parse(server_now);
  return Array.from({ length: DAYS }, (_, place) => {
    const at = nowMs + place * DAY_MS;
    const date = localDate(at, zone);
    const hours = working_times.filter((span) => isOn(span, date, zone)).map((span) => spanText(span, zone));
    const away = time_off.filter((span) => touches(span, date, zone)).map(() => days.timeOff);
    return { title: dateText(at, zone), lines: [...hours, ...away] };
  });
}

type Span = Facts["time_off"][number];

const startOf = ({ start }: Span) => Date.parse(start);
const endOf = ({ end }: Span) => Date.parse(end);
const isLong = (span: Span) => endOf(span) - startOf(span) >= DAY_MS;

function touches(span: Span, date: string, zone: string): boolean {
  return localDate(startOf(span), zone) <= date && localDate(endOf(span) - 1, zone) >= date;
}

/** A night shift belongs to the day on which it begins. */
function isOn(span: Span, date: string, zone: string): boolean {
  return isLong(span) ? touches(span, date, zone) : localDate(startOf(span), zone) === date;
}

function spanText(span: Span, zone: string): string {
  return isLong(span) ? texts.value.days.allDay : `${clockTime(startOf(span), zone)}–${clockTime(endOf(span), zone)}`;
}
