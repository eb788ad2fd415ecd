/** What other settings would have made of the last days, in a few comparisons. */
import type { components } from "../../../api/document.gen";

export type Preview = components["schemas"]["SettingsPreviewAnswer"];
export type ChangedDecision = components["schemas"]["ChangedDecisionAnswer"];

/** One number under the present and under the other settings. `better`: up, down or neither is good news. */
export interface Comparison {
  readonly name: "found" | "median" | "mean" | "acceptance";
  readonly old: number;
  readonly new: number;
  readonly verdict: "better" | "worse" | "same";
}

interface Measure {
  readonly name: Comparison["name"];
  readonly of: (rules: Preview["old"]) => number | null;
  readonly more: "better" | "worse";
  /** A difference below this is none. */
  readonly least: number;
}

const MEASURES: readonly Measure[] = [
  { name: "found", of: (rules) => rules.found, more: "better", least: 1 },
  { name: "median", of: (rules) => rules.median_m, more: "worse", least: 10 },
  { name: "mean", of: (rules) => rules.mean_m, more: "worse", least: 10 },
  { name: "acceptance", of: (rules) => rules.acceptance, more: "better", least: 0.005 },
];

/** The comparisons that both sides have a number for. */
export function comparisons(preview: Preview): Comparison[] {
  return MEASURES.flatMap((measure) => {
    const old = measure.of(preview.old);
    const other = measure.of(preview.new);
    if (old === null || other === null) return [];
    return [{ name: measure.name, old, new: other, verdict: verdictOf(other - old, measure) }];
  });
}

function verdictOf(difference: number, { more, least }: Measure): Comparison["verdict"] {
  if (Math.abs(difference) < least) return "same";
  const isMore = difference > 0;
  return isMore === (more === "better") ? "better" : "worse";
}

/** How many of the changed decisions come to a technician who is nearer. */
export function nearerCount(changed: readonly ChangedDecision[]): number {
  return changed.filter((one) => one.old && one.new && one.new.distance_m < one.old.distance_m).length;
}

/** Where two numbers lie on a line from nothing to a bit more than the larger one, as shares of it. */
export function onLine(old: number, other: number): { old: number; new: number } {
  const most = Math.max(old, other, 1e-9) * 1.15;
  return { old: old / most, new: other / most };
}

/** The changed decisions of each local day of the period, oldest first, also days without any. */
export function byDay(
  preview: Preview,
  days: number,
  dateOf: (ms: number) => string,
): { date: string; count: number }[] {
  const counts = new Map<string, number>();
  const since = Date.parse(preview.since);
  for (let day = 0; day <= days; day++) counts.set(dateOf(since + day * 86_400_000), 0);
  for (const one of preview.changed) {
    const date = dateOf(Date.parse(one.at));
    counts.set(date, (counts.get(date) ?? 0) + 1);
  }
  return [...counts].map(([date, count]) => ({ date, count })).sort((one, other) => (one.date < other.date ? -1 : 1));
}

/** The changed decisions as CSV. A cell that a spreadsheet would run as a formula begins with an apostrophe. */
export function changedAsCsv(changed: readonly ChangedDecision[]): string {
  const rows = changed.map((one) => [
    one.at,
    one.work_order_id,
    one.decision_id,
    one.old?.name ?? "",
    one.old ? String(Math.round(one.old.distance_m)) : "",
    one.new?.name ?? "",
    one.new ? String(Math.round(one.new.distance_m)) : "",
  ]);
  const header = [
    "at",
    "work_order_id",
    "decision_id",
    "old_technician",
    "old_distance_m",
    "new_technician",
    "new_distance_m",
  ];
  return [header, ...rows].map((row) => row.map(csvCell).join(",")).join("\r\n");
}

export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
