/** What the cards of offers and waiting tell: the sentence, the plot, and the rows behind it. */
import type { OrderKind } from "../../../api/types";
import { travelTime } from "../../../model/words";
import { texts } from "../../../texts/console";
import { locale } from "../../../texts/language";
import type { Told } from "../Card";
import { answered, daysOf, type Insight, minutesOf, type Period, usualWait, waitingBars } from "../model";
import { Bars, type Column, Columns } from "../plots";

const KINDS: OrderKind[] = ["lead", "ticket"];
const MOST_LABELS = 8;

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
      all.countOf[kind](
        insight.assigned_after.filter((one) => one.kind === kind).reduce((sum, { orders }) => sum + orders, 0),
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
