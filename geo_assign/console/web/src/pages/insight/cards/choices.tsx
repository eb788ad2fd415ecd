/** What the cards of the chosen and of the stores tell: the sentence, the plot, and the rows behind it. */
import { signal } from "@preact/signals";
import { distance, travelTime } from "../../../model/words";
import { texts } from "../../../texts/console";
import type { Told } from "../Card";
import { allChosen, type Insight, MEASURES, type Measure, nearestShare, slowestStores } from "../model";
import { Bars } from "../plots";

const measure = signal<Measure>("farther_s");

const more = (of: Measure, value: number) => (of === "farther_s" ? travelTime(value) : distance(value));

function MeasureChoice() {
  const words = texts.value.insight.chosen;
  return (
    <fieldset class="segments small">
      <legend class="sr">{words.measure}</legend>
      {MEASURES.map((one) => (
        <label key={one}>
          <input
            type="radio"
            name="measure"
            checked={measure.value === one}
            onChange={() => {
              measure.value = one;
            }}
          />
          {words.measures[one]}
        </label>
      ))}
    </fieldset>
  );
}

export function chosen(insight: Insight): Told {
  const all = texts.value.insight;
  const words = all.chosen;
  const of = measure.value;
  const sums = allChosen(insight);
  const bands = [sums[of].nearest, ...sums[of].bands];
  const share = nearestShare(sums, of);
  const outside = insight.chosen.reduce((sum, one) => sum + one.outside, 0);
  const extra = MEASURES.map((one) => sums[one].mean);
  return {
    name: "chosen",
    title: words.title,
    finding: share === null ? null : words.finding(share, extra[0] != null && extra[1] != null),
    detail:
      share === null
        ? words.none
        : extra[0] == null || extra[1] == null
          ? ""
          : words.detail(travelTime(extra[0]), distance(extra[1])),
    key: share !== null && <MeasureChoice />,
    plot: (
      <Bars
        bars={bands.map((lead, index) => ({ name: words.bands[of][index] ?? "", lead, ticket: 0 }))}
        label={words.title}
        plain
      />
    ),
    numbers: [
      ...insight.chosen.flatMap((one) => {
        const part = nearestShare(one, of);
        return part === null ? [] : [words.shareOf(words.modes[one.mode], part)];
      }),
      ...(outside > 0 ? [words.outside(outside)] : []),
    ],
    head: [words.by, words.measure, ...words.columns, words.mean],
    rows: insight.chosen.flatMap((one) =>
      MEASURES.map((each) => [
        words.modes[one.mode],
        words.measures[each],
        one[each].nearest,
        ...one[each].bands,
        one[each].mean == null ? "" : more(each, one[each].mean),
      ]),
    ),
  };
}

/** One line for each store; null where there are not several. */
export function stores(insight: Insight, nameOf: (id: string) => string): Told | null {
  if (insight.by_store.length < 2) return null;
  const all = texts.value.insight;
  const words = all.stores;
  const lines = slowestStores(insight);
  const [slowest, quickest] = [lines[0], lines.filter((one) => one.median_assign_s !== null).at(-1)];
  const finding =
    slowest?.median_assign_s == null
      ? words.none
      : words.finding(nameOf(slowest.store_id), travelTime(slowest.median_assign_s));
  const hours = (seconds: number) => Math.round(seconds / 360) / 10;
  const minutes = (seconds: number | null) => (seconds === null ? "" : Math.round(seconds / 6) / 10);
  return {
    name: "stores",
    title: words.title,
    finding,
    detail:
      quickest?.median_assign_s == null || quickest === slowest
        ? ""
        : words.detail(nameOf(quickest.store_id), travelTime(quickest.median_assign_s)),
    plot: (
      <Bars
        bars={lines.map((one) => ({
          name: nameOf(one.store_id),
          lead: one.median_assign_s ?? 0,
          ticket: 0,
          text: one.median_assign_s === null ? "–" : travelTime(one.median_assign_s),
        }))}
        label={words.title}
        plain
      />
    ),
    numbers: [all.number(lines.length, words.stores), words.axis],
    head: [
      words.store,
      all.orders,
      words.yes,
      words.answered,
      words.accept,
      words.assign,
      words.unserved,
      words.nearest,
      words.onDuty,
      words.free,
    ],
    rows: lines.map((one) => [
      nameOf(one.store_id),
      one.orders,
      one.accepted,
      one.answered,
      minutes(one.median_accept_s),
      minutes(one.median_assign_s),
      one.unserved,
      one.nearest,
      hours(one.on_duty_s),
      hours(one.free_s),
    ]),
  };
}
