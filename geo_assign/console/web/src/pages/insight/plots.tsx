/** The plots: plain boxes whose sizes are the numbers. Each says in words what it shows; the table has every number. */
import { useEffect, useRef } from "preact/hooks";
import type { OrderKind } from "../../api/types";
import { texts } from "../../texts/console";
import type { Bar, HourCell } from "./model";

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

interface WeekProps {
  grid: { hours: number[]; rows: HourCell[][] };
  days: string[];
  /** The hour that the sentence speaks of: a day of many hours is wider than its card, and scrolled there. */
  told: number | null;
}

/** The week by hours: the darker the more technicians were free; the number is that of work orders asked for. */
export function Week({ grid, days, told }: WeekProps) {
  const region = useRef<HTMLElement>(null);
  useEffect(() => {
    const element = region.current;
    const cell = element?.querySelector<HTMLElement>("[data-told]");
    if (!element || !cell) return;
    const observer = new ResizeObserver(() => {
      element.scrollLeft = cell.offsetLeft - element.clientWidth / 2;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [told]);
  const words = texts.value.insight.coverage;
  const { hours, rows } = grid;
  const most = Math.max(0, ...rows.flat().map(({ free }) => free ?? 0));
  return (
    <section class="week" aria-label={words.caption} tabIndex={0} ref={region}>
      <table>
        <caption class="sr">{words.caption}</caption>
        <thead>
          <tr>
            <td />
            {hours.map((hour) => (
              <th key={hour} scope="col" data-told={hour === told ? "" : undefined}>
                {String(hour).padStart(2, "0")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, day) => (
            <tr key={days[day]}>
              <th scope="row">{days[day]}</th>
              {cells.map((cell) => (
                <Hour key={cell.hour} cell={cell} most={most} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Hour({ cell, most }: { cell: HourCell; most: number }) {
  const { orders, unserved, onDuty, free } = cell;
  const words = texts.value.insight.coverage;
  const said = onDuty === null || free === null ? words.unknown(orders) : words.known(orders, free, onDuty);
  const shown = unserved > 0 ? `−${unserved}` : orders > 0 ? orders : onDuty === 0 ? "–" : "";
  return (
    <td
      data-level={free === null || most === 0 ? 0 : Math.ceil((4 * free) / most)}
      class={unserved > 0 ? "short" : onDuty === null ? "unknown" : undefined}
      title={said}
    >
      <span aria-hidden="true">{shown}</span>
      <span class="sr">{unserved > 0 ? `${said} ${words.detail(unserved)}` : said}</span>
    </td>
  );
}
