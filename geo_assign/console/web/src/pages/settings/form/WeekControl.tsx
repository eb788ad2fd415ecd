import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import type { ControlProps } from "./controls";
import type { PlainField } from "./fields";
import { writeNumber } from "./values";
import {
  copiedOnwards,
  DAYS,
  type Day,
  hoursIn,
  overlaps,
  piecesOf,
  readWeek,
  type Span,
  spansOn,
  USUAL,
  type Week,
  withDay,
  withoutSpan,
  withSpan,
  withTime,
} from "./week";

/** The working week: always, or spans of each day, with a strip that shows where they lie. */
export function WeekControl({ field, form, label }: ControlProps<PlainField>) {
  const words = texts.value.week;
  const week = readWeek(form.draft.value[field.name]);
  const set = (next: Week | "always") => form.set(field.name, next);
  return (
    <div class="week">
      <div class="pick" role="group" aria-labelledby={label}>
        <button type="button" aria-pressed={week === null} onClick={() => set("always")}>
          {words.always}
        </button>
        <button type="button" aria-pressed={week !== null} onClick={() => set(week ?? USUAL)}>
          {words.weekly}
        </button>
      </div>
      {week && (
        <>
          {DAYS.map((day) => (
            <DayRow key={day} day={day} week={week} onChange={set} />
          ))}
          <p class="mut">{words.sum(writeNumber(hoursIn(week)))}</p>
        </>
      )}
    </div>
  );
}

interface DayRowProps {
  day: Day;
  week: Week;
  onChange: (week: Week) => void;
}

function DayRow({ day, week, onChange }: DayRowProps) {
  const words = texts.value.week;
  const spans = spansOn(week, day);
  const name = words.days[day];
  return (
    <div class="day">
      <span class="dn">{name}</span>
      <Strip spans={spans} />
      <Spans spans={spans} name={name} onChange={(next) => onChange(withDay(week, day, next))} />
      {day !== "sun" && (
        <button
          type="button"
          class="lnk"
          aria-label={words.copyMeans(name)}
          onClick={() => onChange(copiedOnwards(week, day))}
        >
          {words.copy}
        </button>
      )}
    </div>
  );
}

interface SpansProps {
  spans: readonly Span[];
  /** The day that they are of, for a screen reader. */
  name: string;
  onChange: (spans: readonly Span[]) => void;
}

/** Spans of one day, each from and to. */
export function Spans({ spans, name, onChange }: SpansProps) {
  const words = texts.value.week;
  return (
    <div class="spans">
      {spans.length === 0 && <span class="mut">{words.dayOff}</span>}
      {spans.map((span, index) => (
        <span class="span" key={index}>
          <input
            type="time"
            class="in"
            aria-label={words.from(name)}
            value={span[0]}
            onInput={(event) => onChange(withTime(spans, index, 0, event.currentTarget.value))}
          />
          <span aria-hidden="true">–</span>
          <input
            type="time"
            class="in"
            aria-label={words.to(name)}
            value={span[1]}
            onInput={(event) => onChange(withTime(spans, index, 1, event.currentTarget.value))}
          />
          <button
            type="button"
            class="ib"
            aria-label={words.remove(name)}
            onClick={() => onChange(withoutSpan(spans, index))}
          >
            <Icon name="close" />
          </button>
        </span>
      ))}
      <button type="button" class="ib" aria-label={words.add(name)} onClick={() => onChange(withSpan(spans))}>
        <Icon name="plus" />
      </button>
      {overlaps(spans) && (
        <span class="bad" role="alert">
          {words.overlap}
        </span>
      )}
    </div>
  );
}

/** The day as a bar of 24 hours; what goes on after midnight is drawn lighter at its beginning. */
function Strip({ spans }: { spans: readonly Span[] }) {
  return (
    <svg class="strip" viewBox="0 0 240 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="ground" width="240" height="10" rx="3" />
      {spans.flatMap(piecesOf).map((piece, index) => (
        <rect
          key={index}
          class={piece.nextDay ? "piece next" : "piece"}
          x={piece.from * 240}
          width={Math.max(1, (piece.to - piece.from) * 240)}
          height="10"
        />
      ))}
      <path class="noon" d="M60 0V10M120 0V10M180 0V10" />
    </svg>
  );
}
