import "./style.css";
import { useEffect, useMemo } from "preact/hooks";
import { usePage } from "../../frame/context";
import { clockTime } from "../../model/zone";
import { texts } from "../../texts/console";
import { Card } from "./Card";
import { chosen, stores } from "./cards/choices";
import { acceptance, assigned, waiting } from "./cards/offers";
import { coverage, load, silent } from "./cards/people";
import { drives, places } from "./cards/places";
import { lastDays, PRESETS, presetOf } from "./model";
import { Figures } from "./state";

/** What became of the work of a period, in sentences with their plots. */
export default function InsightPage() {
  const { client, desk } = usePage();
  const figures = useMemo(() => new Figures(client, desk), [desk]);
  useEffect(() => figures.start(), [figures]);
  return (
    <main class="insight">
      <Controls figures={figures} />
      <Cards figures={figures} />
    </main>
  );
}

function Controls({ figures }: { figures: Figures }) {
  const { desk } = usePage();
  const words = texts.value.insight;
  const period = figures.period.value;
  const now = desk.clock.now();
  const preset = presetOf(period, now, figures.zone);
  const told = figures.insight.value;
  return (
    <header class="controls">
      <h1>{words.title}</h1>
      <fieldset class="segments">
        <legend class="sr">{words.period}</legend>
        {PRESETS.map((days) => (
          <label key={days}>
            <input
              type="radio"
              name="preset"
              checked={preset === days}
              onChange={() => figures.choose(lastDays(days, now, figures.zone))}
            />
            {words.presets[days]}
          </label>
        ))}
      </fieldset>
      <Dates figures={figures} />
      {desk.me.groups.length > 1 && (
        <select
          class="btn"
          aria-label={words.group}
          value={figures.groupId.value}
          onChange={(event) => figures.chooseGroup(event.currentTarget.value)}
        >
          <option value="">{words.allGroups}</option>
          {desk.me.groups.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      )}
      {told && <span class="counted">{words.counted(clockTime(Date.parse(told.server_now), told.timezone))}</span>}
    </header>
  );
}

function Dates({ figures }: { figures: Figures }) {
  const words = texts.value.insight;
  const { from, to } = figures.period.value;
  /** A date that is half typed is none; two in the wrong order change places. */
  const choose = (one: string, other: string) => {
    const [first, last] = [one, other].sort();
    if (first && last) figures.choose({ from: first, to: last });
  };
  return (
    <span class="dates">
      <input
        type="date"
        aria-label={words.from}
        value={from}
        max={to}
        onChange={(event) => choose(event.currentTarget.value, to)}
      />
      –
      <input
        type="date"
        aria-label={words.to}
        value={to}
        min={from}
        onChange={(event) => choose(from, event.currentTarget.value)}
      />
    </span>
  );
}

function Cards({ figures }: { figures: Figures }) {
  const { desk } = usePage();
  const words = texts.value.insight;
  const insight = figures.insight.value;
  const reachability = figures.reachability.value;
  if (figures.problem.value) {
    return (
      <div class="empty">
        <p role="alert">{words.failed(figures.problem.value)}</p>
        <button type="button" class="btn" onClick={() => figures.again()}>
          {words.again}
        </button>
      </div>
    );
  }
  if (!insight || !reachability) {
    return (
      <p class="empty" role="status">
        {words.loading}
      </p>
    );
  }
  const cards = [
    acceptance(insight),
    assigned(insight, figures.period.value),
    chosen(insight),
    waiting(insight, Date.parse(insight.server_now)),
    coverage(insight),
    load(insight),
    places(insight),
    drives(insight),
    silent(reachability, insight.timezone),
    stores(insight, (id) => desk.me.stores.find((store) => store.id === id)?.name ?? ""),
  ].filter((told) => told !== null);
  return (
    <div class="cards" aria-busy={figures.loading.value}>
      {cards.map((told) => (
        <Card key={told.name} told={told} />
      ))}
    </div>
  );
}
