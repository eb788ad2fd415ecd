/** What the cards of technicians and their hours tell: the sentence, the plot, and the rows behind it. */
import { clockTime } from "../../../model/zone";
import { texts } from "../../../texts/console";
import { locale } from "../../../texts/language";
import type { Told } from "../Card";
import { coverageGrid, type HourCell, hourText, type Insight, shortest, tightest, unevenness } from "../model";
import { Bars, Week } from "../plots";
import type { Reachability } from "../state";

const MOST_BARS = 8;
/** A Monday. */
const MONDAY_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

function weekdays(style: "short" | "long"): string[] {
  const format = new Intl.DateTimeFormat(locale.value, { weekday: style, timeZone: "UTC" });
  return Array.from({ length: 7 }, (_, index) => format.format(MONDAY_MS + index * DAY_MS));
}

export function coverage(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.coverage;
  const grid = coverageGrid(insight);
  const cells = grid.rows.flat();
  const orders = insight.demand.reduce((sum, one) => sum + one.orders, 0);
  const unserved = insight.demand.reduce((sum, one) => sum + one.unserved, 0);
  const days = weekdays("long");
  const when = ({ weekday, hour }: HourCell) => [days[weekday - 1] ?? "", hourText(hour)] as const;
  const short = shortest(cells);
  const tight = short ?? tightest(cells);
  const supply =
    tight === null
      ? ""
      : tight.onDuty === null || tight.free === null
        ? words.unknown(tight.orders)
        : words.known(tight.orders, tight.free, tight.onDuty);
  const served = orders === 0 ? words.none : words.served;
  const isKnown = insight.duty.length > 0;
  return {
    name: "coverage",
    title: words.title,
    finding: cells.length === 0 ? null : short ? words.finding(...when(short)) : served,
    detail:
      cells.length === 0
        ? words.none
        : short
          ? `${words.detail(unserved)} ${words.there} ${supply}`
          : tight
            ? `${words.tightest(...when(tight))} ${supply}`
            : "",
    key: isKnown && (
      <span class="key" aria-hidden="true">
        <i data-level="1" /> <i data-level="4" /> {words.most(Math.max(0, ...insight.duty.map(({ free }) => free)))}
      </span>
    ),
    plot: <Week grid={grid} days={weekdays("short")} told={tight?.hour ?? null} />,
    numbers: [
      all.countOf.orders(orders),
      all.number(unserved, words.unserved),
      ...(!isKnown ? [words.nothingKnown] : insight.duty_known < 0.995 ? [words.share(insight.duty_known)] : []),
    ],
    head: [words.weekday, words.hour, all.orders, words.unserved, words.onDuty, words.free],
    rows: cells
      .filter((one) => one.orders > 0 || one.onDuty !== null)
      .map((one) => [...when(one), one.orders, one.unserved, one.onDuty ?? "", one.free ?? ""]),
  };
}

export function load(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.load;
  const times = unevenness(insight);
  const oneDigit = new Intl.NumberFormat(locale.value, { maximumFractionDigits: 1 });
  const hours = (seconds: number) => Math.round(seconds / 360) / 10;
  const bars = insight.load.slice(0, MOST_BARS).map(({ name, seconds }) => ({
    name,
    lead: seconds,
    ticket: 0,
    text: `${oneDigit.format(hours(seconds))} h`,
  }));
  const finding = times !== null && times >= 1.5 ? words.finding(oneDigit.format(times)) : words.even;
  return {
    name: "workload",
    title: words.title,
    finding: insight.load.length === 0 ? null : finding,
    detail: insight.load.length === 0 ? words.none : "",
    plot: <Bars bars={bars} label={words.title} plain />,
    numbers: [all.countOf.technicians(insight.load.length)],
    head: [words.technician, all.orders, words.hours],
    rows: insight.load.map(({ name, orders, seconds }) => [name, orders, hours(seconds)]),
  };
}

export function silent(reachability: Reachability, zone: string): Told {
  const words = texts.value.insight.silent;
  const people = new Set(reachability.items.map(({ technician_id }) => technician_id));
  const missed = reachability.items.reduce((sum, { missed_count }) => sum + missed_count, 0);
  const rows = reachability.items.map(({ name, began_at, ended_at, reason, missed_count }) => [
    name,
    clockTime(Date.parse(began_at), zone),
    ended_at ? clockTime(Date.parse(ended_at), zone) : words.lasts,
    reason ? words.reasons[reason] : "",
    missed_count,
  ]);
  const list = (
    <ul class="silences" aria-label={words.title}>
      {rows.slice(0, MOST_BARS).map(([name, began, ended, reason, count]) => (
        <li key={`${name} ${began}`}>
          <span>
            <b>{name}</b>
            <small>{[`${began}–${ended}`, reason].filter(Boolean).join(" · ")}</small>
          </span>
          <b>{count}</b>
        </li>
      ))}
    </ul>
  );
  return {
    name: "reachability",
    title: words.title,
    finding: people.size === 0 ? null : words.finding(people.size),
    detail: people.size === 0 ? words.none : words.detail(missed),
    plot: list,
    numbers: [],
    head: [words.technician, words.began, words.ended, words.reason, words.missed],
    rows,
  };
}
