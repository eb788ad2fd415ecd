/** A working week as the API has it: `always`, or for each day its spans of wall times. */

export const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Day = (typeof DAYS)[number];
export type Span = readonly [from: string, to: string];
export type Week = Readonly<Partial<Record<Day, readonly Span[]>>>;

export const USUAL: Week = Object.fromEntries(DAYS.slice(0, 5).map((day) => [day, [["09:00", "18:00"] as const]]));
const DAY_MINUTES = 24 * 60;
const NEXT_SPAN: Span = ["13:00", "17:00"];

/** A week from what a form holds; null for `always`. */
export function readWeek(hours: unknown): Week | null {
  if (typeof hours !== "object" || hours === null) return null;
  const given = hours as Record<string, unknown>;
  return Object.fromEntries(DAYS.filter((day) => given[day]).map((day) => [day, spansOf(given[day])]));
}

function spansOf(value: unknown): Span[] {
  return Array.isArray(value) ? value.map((span) => [String(span[0]), String(span[1])] as const) : [];
}

export function spansOn(week: Week, day: Day): readonly Span[] {
  return week[day] ?? [];
}

/** The week with other spans on one day; a day without spans is left out, as the API writes a day off. */
export function withDay(week: Week, day: Day, spans: readonly Span[]): Week {
  const { [day]: _, ...rest } = week;
  return spans.length > 0 ? { ...rest, [day]: spans } : rest;
}

/** One more span: after the last one, or a whole day where there is none. */
export function withSpan(spans: readonly Span[]): readonly Span[] {
  const last = spans.at(-1);
  if (!last) return [["09:00", "18:00"]];
  const begins = minutesOf(last[1]) ?? 0;
  if (begins + 60 >= DAY_MINUTES) return [...spans, NEXT_SPAN];
  return [...spans, [clock(begins + 60), clock(Math.min(begins + 5 * 60, DAY_MINUTES - 1))]];
}

export function withoutSpan(spans: readonly Span[], index: number): readonly Span[] {
  return spans.filter((_, each) => each !== index);
}

export function withTime(spans: readonly Span[], index: number, end: 0 | 1, time: string): readonly Span[] {
  return spans.map((span, each) => (each !== index ? span : end === 0 ? [time, span[1]] : [span[0], time]));
}

/** The days after one, as far as Friday from a weekday, with the same spans. */
export function copiedOnwards(week: Week, day: Day): Week {
  const from = DAYS.indexOf(day);
  const to = from < 5 ? 5 : 7;
  return DAYS.slice(from + 1, to).reduce<Week>((copied, each) => withDay(copied, each, spansOn(week, day)), week);
}

/** How long a span lasts; one that ends at or before its start ends on the next day. Null: a time is missing. */
export function minutesIn([from, to]: Span): number | null {
  const begin = minutesOf(from);
  const end = minutesOf(to);
  if (begin === null || end === null) return null;
  return end > begin ? end - begin : end + DAY_MINUTES - begin;
}

export function hoursIn(week: Week): number {
  const minutes = DAYS.flatMap((day) => spansOn(week, day)).map((span) => minutesIn(span) ?? 0);
  return minutes.reduce((sum, each) => sum + each, 0) / 60;
}

/** Whether a span of a day reaches into another one of the same day. */
export function overlaps(spans: readonly Span[]): boolean {
  const ranges = spans
    .map((span) => ({ from: minutesOf(span[0]) ?? 0, length: minutesIn(span) ?? 0 }))
    .sort((one, other) => one.from - other.from);
  return ranges.some((range, index) => {
    const next = ranges[index + 1];
    return next !== undefined && range.from + range.length > next.from;
  });
}

/** Where a span lies in a day, as shares of it; a night shift is two pieces. */
export function piecesOf(span: Span): { from: number; to: number; nextDay: boolean }[] {
  const begin = minutesOf(span[0]);
  const length = minutesIn(span);
  if (begin === null || length === null) return [];
  const end = begin + length;
  const today = { from: begin / DAY_MINUTES, to: Math.min(end, DAY_MINUTES) / DAY_MINUTES, nextDay: false };
  return end <= DAY_MINUTES ? [today] : [today, { from: 0, to: (end - DAY_MINUTES) / DAY_MINUTES, nextDay: true }];
}

function minutesOf(time: string): number | null {
  const found = /^(\d\d):(\d\d)$/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

function clock(minutes: number): string {
  return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}
