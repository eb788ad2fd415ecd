/** What the cards of addresses and drives tell: the sentence, the plot, and the rows behind it. */
import { texts } from "../../../texts/console";
import type { Told } from "../Card";
import { driveError, exactShare, hourText, type Insight, learnedApart } from "../model";
import { Bars } from "../plots";

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
    numbers: error === null ? [] : [texts.value.insight.countOf.drives(error.drives)],
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
