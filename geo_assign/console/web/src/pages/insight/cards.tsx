/** What each card tells of the figures: the sentence, the plot, and the rows behind it. */
import type { OrderKind } from "../../api/types";
import { travelTime } from "../../model/words";
import { clockTime } from "../../model/zone";
import { texts } from "../../texts/console";
import { locale } from "../../texts/language";
import type { Told } from "./Card";
import {
  answered,
  daysOf,
  driveError,
  exactShare,
  type Insight,
  learnedApart,
  minutesOf,
  type Period,
  shortest,
  unevenness,
  usualWait,
  waitingBars,
} from "./model";
import { Bars, type Column, Columns, Week } from "./plots";
import type { Reachability } from "./state";

const KINDS: OrderKind[] = ["lead", "ticket"];
const MOST_BARS = 8;
const MOST_LABELS = 8;
/** A Monday. */
const MONDAY_MS = Date.UTC(2026, 0, 5);
const DAY_MS = 86_400_000;

function weekdays(style: "short" | "long"): string[] {
  const format = new Intl.DateTimeFormat(locale.value, { weekday: style, timeZone: "UTC" });
  return Array.from({ length: 7 }, (_, index) => format.format(MONDAY_MS + index * DAY_MS));
}

function KindKey() {
  const words = texts.value.insight;
  return (
    <span class="key" aria-hidden="true">
      <i class="lead" /> {words.lead} <i class="ticket" /> {words.ticket}
    </span>
  );
}

export function acceptance(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.acceptance;
  const { acceptance: counts } = insight;
  const { share } = answered(insight);
  const minutes = minutesOf(insight);
  const columns: Column[] = minutes.map((value, index) => ({
    name: index === minutes.length - 1 ? `${index + 1}+` : String(index + 1),
    labelled: true,
    parts: [{ kind: "plain", value, text: String(value) }],
  }));
  const finding = share === null ? null : words.finding(share);
  return {
    name: "acceptance",
    title: words.title,
    finding,
    detail: finding === null ? words.none : counts.median_s === null ? "" : words.detail(travelTime(counts.median_s)),
    plot: <Columns columns={columns} axis={words.axis} label={words.title} />,
    numbers: [
      all.number(counts.accepted, words.yes),
      all.number(counts.rejected, words.no),
      all.number(counts.expired, words.ranOut),
    ],
    head: [words.minute, words.offers],
    rows: [
      ...minutes.map((value, index) => [index === minutes.length - 1 ? words.last : String(index + 1), value]),
      [words.no, counts.rejected],
      [words.ranOut, counts.expired],
      [words.withdrawn, counts.withdrawn],
    ],
  };
}

export function assigned(insight: Insight, period: Period): Told {
  const all = texts.value.insight;
  const words = all.assigned;
  const days = daysOf(period);
  const format = new Intl.DateTimeFormat(locale.value, { day: "numeric", month: "short", timeZone: "UTC" });
  const every = Math.ceil(days.length / MOST_LABELS);
  const columns: Column[] = days.map((day, index) => ({
    name: format.format(Date.parse(day)),
    labelled: index % every === 0,
    parts: KINDS.map((kind) => {
      const found = insight.assigned_after.find((one) => one.day === day && one.kind === kind);
      const minutes = (found?.median_s ?? 0) / 60;
      return { kind, value: minutes, text: found ? all.minutes(Math.max(1, Math.round(minutes))) : "" };
    }),
  }));
  const [lead, ticket] = KINDS.map((kind) => usualWait(insight, kind)).map((wait) =>
    wait == null ? null : travelTime(wait),
  );
  const finding = lead ? words.finding(lead) : ticket ? words.findingTicket(ticket) : null;
  return {
    name: "time-to-assign",
    title: words.title,
    finding,
    detail: finding === null ? words.none : !lead ? "" : ticket ? words.detail(ticket) : words.detailAlone,
    key: <KindKey />,
    plot: <Columns columns={columns} axis={words.axis} label={words.title} />,
    numbers: KINDS.map((kind) =>
      all.number(
        insight.assigned_after.filter((one) => one.kind === kind).reduce((sum, { orders }) => sum + orders, 0),
        all[kind],
      ),
    ),
    head: [all.day, all.kind, all.orders, words.median],
    rows: insight.assigned_after.map(({ day, kind, orders, median_s }) => [
      day,
      all[kind],
      orders,
      Math.round(median_s / 6) / 10,
    ]),
  };
}

export function waiting(insight: Insight, nowMs: number): Told {
  const all = texts.value.insight;
  const words = all.waiting;
  const bars = waitingBars(insight, (reason) => words.reasons[reason as keyof typeof words.reasons] ?? reason);
  const orders = bars.reduce((sum, { lead, ticket }) => sum + lead + ticket, 0);
  const oldest = Math.min(...insight.waiting.map(({ oldest_at }) => Date.parse(oldest_at)));
  const finding = orders === 0 ? null : words.finding(orders);
  return {
    name: "pending",
    title: words.title,
    finding,
    detail: finding === null ? words.none : words.detail(bars[0]?.name ?? ""),
    key: <KindKey />,
    plot: <Bars bars={bars} label={words.title} />,
    numbers: finding === null ? [] : [`${words.oldest}: ${travelTime((nowMs - oldest) / 1000)}`],
    head: [words.reason, all.lead, all.ticket],
    rows: bars.map(({ name, lead, ticket }) => [name, lead, ticket]),
  };
}

export function demand(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.demand;
  const short = shortest(insight);
  const orders = insight.demand.reduce((sum, one) => sum + one.orders, 0);
  const unserved = insight.demand.reduce((sum, one) => sum + one.unserved, 0);
  const most = Math.max(0, ...insight.demand.map((one) => one.orders));
  const days = weekdays("long");
  const clock = (hour: number) => `${String(hour).padStart(2, "0")}:00`;
  return {
    name: "demand",
    title: words.title,
    finding:
      orders === 0 ? null : short ? words.finding(days[short.weekday - 1] ?? "", clock(short.hour)) : words.served,
    detail: orders === 0 ? words.none : short ? words.detail(unserved) : "",
    key: orders > 0 && (
      <span class="key" aria-hidden="true">
        <i data-level="1" /> {words.least} <i data-level="4" /> {words.most(most)}
      </span>
    ),
    plot: <Week insight={insight} days={weekdays("short")} />,
    numbers: [all.number(orders, all.orders), all.number(unserved, words.unserved)],
    head: [words.weekday, words.hour, all.orders, words.unserved],
    rows: insight.demand.map((one) => [days[one.weekday - 1] ?? "", clock(one.hour), one.orders, one.unserved]),
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
    numbers: [all.number(insight.load.length, words.technicians)],
    head: [words.technician, all.orders, words.hours],
    rows: insight.load.map(({ name, orders, seconds }) => [name, orders, hours(seconds)]),
  };
}

export function places(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.places;
  const exact = exactShare(insight);
  const none = insight.places.filter(({ source }) => source === null).reduce((sum, { orders }) => sum + orders, 0);
  const nameOf = (source: string | null, confidence: string | null): string[] => {
    if (source === null) return [words.nowhere, ""];
    const how = words.confidences[confidence as keyof typeof words.confidences] ?? confidence ?? words.exactly;
    return [words.sources[source as keyof typeof words.sources] ?? source, how];
  };
  const rows = learnedApart(insight);
  const bars = rows.map(({ source, confidence, orders, learned }) => ({
    name: learned ? words.learned : nameOf(source, confidence).filter(Boolean).join(", "),
    lead: orders,
    ticket: 0,
  }));
  return {
    name: "addresses",
    title: words.title,
    finding: exact === null ? null : words.finding(exact),
    detail: exact === null ? words.none : none > 0 ? words.detail(none) : "",
    plot: <Bars bars={bars} label={words.title} plain />,
    numbers: [],
    head: [words.source, words.confidence, all.orders],
    rows: rows.map(({ source, confidence, orders, learned }) => {
      const [by = "", how = ""] = nameOf(source, confidence);
      return [learned ? words.learned : by, how, orders];
    }),
  };
}

export function drives(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.drives;
  const error = driveError(insight);
  const minutes = (seconds: number) => Math.round(seconds / 6) / 10;
  return {
    name: "drives",
    title: words.title,
    finding: error === null ? null : words.finding(minutes(error.told_s)),
    detail: error === null ? words.none : words.detail(minutes(error.estimated_s)),
    plot: (
      <Bars
        bars={insight.drives.map(({ hour, provider, drives }) => ({
          name: `${hourText(hour)} ${words.providers[provider] ?? provider}`,
          lead: drives,
          ticket: 0,
        }))}
        label={words.title}
        plain
      />
    ),
    numbers: error === null ? [] : [all.number(error.drives, words.measured)],
    head: [words.hour, words.provider, words.measured, words.took, words.estimatedOff, words.toldOff],
    rows: insight.drives.map(({ hour, provider, drives, took_s, estimated_off_s, told_off_s }) => [
      hourText(hour),
      words.providers[provider] ?? provider,
      drives,
      minutes(took_s),
      minutes(estimated_off_s),
      minutes(told_off_s),
    ]),
  };
}

const hourText = (hour: number) => `${String(hour).padStart(2, "0")}:00`;

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
