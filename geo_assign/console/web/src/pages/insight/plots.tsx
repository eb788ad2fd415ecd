/** The plots: plain boxes whose sizes are the numbers. Each says in words what it shows; the table has every number. */
import type { OrderKind } from "../../api/types";
import { texts } from "../../texts/console";
import { type Bar, demandGrid, type Insight } from "./model";

export interface Column {
  name: string;
  /** Written out below only where there is room. */
  labelled: boolean;
  parts: { kind: OrderKind | "plain"; value: number; text: string }[];
}

const percent = (value: number, most: number): string => `${most === 0 ? 0 : (100 * value) / most}%`;

/** Upright columns from a common floor. */
export function Columns({ columns, axis, label }: { columns: Column[]; axis: string; label: string }) {
  const most = Math.max(...columns.flatMap(({ parts }) => parts.map(({ value }) => value)));
  return (
    <div class="columns" role="img" aria-label={label}>
      <div class="field" aria-hidden="true">
        {columns.map(({ name, parts, labelled }) => (
          <div class="column" key={name}>
            <div class="parts">
              {parts.map(({ kind, value, text }) => (
                <i key={kind} class={kind} style={{ height: percent(value, most) }} title={`${name}: ${text}`}>
                  {value === most && <b>{text}</b>}
                </i>
              ))}
            </div>
            <small>{labelled ? name : "\u00a0"}</small>
          </div>
        ))}
      </div>
      <p aria-hidden="true">{axis}</p>
    </div>
  );
}

/** Lying bars, leads and tickets end to end. */
export function Bars({ bars, label, plain = false }: { bars: Bar[]; label: string; plain?: boolean }) {
  const most = Math.max(...bars.map(({ lead, ticket }) => lead + ticket));
  return (
    <ul class="bars" aria-label={label}>
      {bars.map(({ name, lead, ticket, text }) => (
        <li key={name}>
          <span class="name" title={name}>
            {name}
          </span>
          <span class="track">
            {lead > 0 && <i class={plain ? "plain" : "lead"} style={{ width: percent(lead, most) }} />}
            {ticket > 0 && <i class="ticket" style={{ width: percent(ticket, most) }} />}
          </span>
          <b>{text ?? lead + ticket}</b>
        </li>
      ))}
    </ul>
  );
}

/** The week by hours: the darker the more orders; an outlined cell counts those without a technician. */
export function Week({ insight, days }: { insight: Insight; days: string[] }) {
  const words = texts.value.insight.demand;
  const { hours, rows } = demandGrid(insight);
  const most = Math.max(1, ...rows.flat().map(({ orders }) => orders));
  return (
    <section class="week" aria-label={words.caption} tabIndex={0}>
      <table>
        <caption class="sr">{words.caption}</caption>
        <thead>
          <tr>
            <td />
            {hours.map((hour) => (
              <th key={hour} scope="col">
                {String(hour).padStart(2, "0")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, day) => (
            <tr key={days[day]}>
              <th scope="row">{days[day]}</th>
              {cells.map(({ orders, unserved }, index) => (
                <td
                  key={hours[index]}
                  data-level={orders === 0 ? 0 : Math.ceil((4 * orders) / most)}
                  class={unserved > 0 ? "short" : undefined}
                  title={texts.value.insight.countOf.orders(orders)}
                >
                  {unserved > 0 ? `−${unserved}` : <span class="sr">{orders}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
