import { Icon } from "../../../symbols/Icon";
import { locale } from "../../../texts/language";
import { texts } from "../../../texts/settings";
import { count, distance, percent } from "../words";
import { type Comparison, onLine } from "./preview";

const WIDTH = 316;
const PAD = 8;

/** One number under both settings: in words, and as two dots on a line. */
export function ComparisonLine({ one }: { one: Comparison }) {
  const said = texts.value.preview;
  const write = (value: number) =>
    one.name === "acceptance" ? percent(value) : one.name === "found" ? count(value) : distance(value);
  const at = onLine(one.old, one.new);
  const x = (share: number) => PAD + share * (WIDTH - 2 * PAD);
  const by = write(Math.abs(one.new - one.old));
  return (
    <li>
      <div>
        <span>{said.measures[one.name]}</span>
        <span class="v">
          <s>{write(one.old)}</s>
          <Icon name="right" />
          <b>{write(one.new)}</b>
        </span>
      </div>
      <svg
        class="db"
        viewBox={`0 0 ${WIDTH} 14`}
        role="img"
        aria-label={said.nowAndThen(write(one.old), write(one.new))}
      >
        <path class="ax" d={`M2 7H${WIDTH - 2}`} />
        <path class="ln" d={`M${x(at.old)} 7H${x(at.new)}`} />
        <circle class="o" cx={x(at.old)} cy="7" r="4.2" />
        <circle class="s" cx={x(at.new)} cy="7" r="5" />
      </svg>
      <small>{one.verdict === "same" ? said.same : said[one.verdict](by)}</small>
    </li>
  );
}

interface DayPlotProps {
  days: readonly { date: string; count: number }[];
}

/** How many decisions of each day would have been others. */
export function DayPlot({ days }: DayPlotProps) {
  const said = texts.value.preview;
  const most = Math.max(1, ...days.map((day) => day.count));
  const step = (WIDTH - 2 * PAD) / days.length;
  const bar = Math.min(22, step * 0.62);
  const name = (date: string) =>
    new Date(`${date}T12:00:00Z`).toLocaleDateString(locale.value, { weekday: "short", timeZone: "UTC" });
  return (
    <div class="wkb">
      <h3>{said.byDay}</h3>
      <svg
        class="wk"
        viewBox={`0 0 ${WIDTH} 112`}
        role="img"
        aria-label={`${said.byDay}: ${days.map((day) => `${name(day.date)} ${day.count}`).join(", ")}`}
      >
        <path class="gr" d={`M${PAD} 90H${WIDTH - PAD}`} />
        {days.map((day, index) => {
          const middle = PAD + (index + 0.5) * step;
          const height = (day.count / most) * 68;
          return (
            <g key={day.date}>
              <rect class="s" x={middle - bar / 2} y={90 - height} width={bar} height={height} rx="2" />
              {day.count > 0 && (
                <text x={middle} y={84 - height} text-anchor="middle">
                  {day.count}
                </text>
              )}
              {days.length <= 8 && (
                <text x={middle} y="106" text-anchor="middle">
                  {name(day.date)}
                </text>
              )}
            </g>
          );
        })}
      </svg>
    </div>
  );
}
