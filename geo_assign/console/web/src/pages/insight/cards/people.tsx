/** What the cards of technicians and their hours tell: the sentence, the plot, and the rows behind it. */
import { clockTime } from "../../../model/zone";
import { texts } from "../../../texts/console";
import { locale } from "../../../texts/language";
import type { Told } from "../Card";
import { hourText, type Insight, shortest, unevenness } from "../model";
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

export function demand(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.demand;
  const short = shortest(insight);
  const orders = insight.demand.reduce((sum, one) => sum + one.orders, 0);
  const unserved = insight.demand.reduce((sum, one) => sum + one.unserved, 0);
  const most = Math.max(0, ...insight.demand.map((one) => one.orders));
  const days = weekdays("long");
  return {
    name: "demand",
    title: words.title,
    finding:
      orders === 0 ? null : short ? words.finding(days[short.weekday - 1] ?? "", hourText(short.hour)) : words.served,
    detail: orders === 0 ? words.none : short ? words.detail(unserved) : "",
    key: orders > 0 && (
      <span class="key" aria-hidden="true">
        <i data-level="1" /> {words.least} <i data-level="4" /> {words.most(most)}
      </span>
    ),
    plot: <Week insight={insight} days={weekdays("short")} />,
    numbers: [all.countOf.orders(orders), all.number(unserved, words.unserved)],
    head: [words.weekday, words.hour, all.orders, words.unserved],
    rows: insight.demand.map((one) => [days[one.weekday - 1] ?? "", hourText(one.hour), one.orders, one.unserved]),
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
