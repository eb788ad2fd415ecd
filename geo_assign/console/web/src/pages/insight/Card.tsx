import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { texts } from "../../texts/console";
import { type Cell, csvOf } from "./model";

/** One plot with what it says, the numbers behind it, and the same as a table and a file. */
export interface Told {
  name: string;
  title: string;
  /** The bold part of the sentence; null when there is nothing to tell. */
  finding: string | null;
  detail: string;
  /** What the plot's shapes stand for. */
  key?: ComponentChildren;
  plot: ComponentChildren;
  numbers: string[];
  head: string[];
  rows: Cell[][];
}

export function Card({ told }: { told: Told }) {
  const words = texts.value.insight;
  const open = useSignal(false);
  const { finding, detail, title, name, rows } = told;
  return (
    <section class="card insight-card" data-empty={finding === null ? "" : undefined} aria-labelledby={`${name}-title`}>
      <header>
        <h2 id={`${name}-title`}>{title}</h2>
        {told.key}
      </header>
      <p class="finding">
        {finding && <b>{finding}</b>} {detail}
      </p>
      {(finding !== null || open.value) && <div class="plot">{open.value ? <Table told={told} /> : told.plot}</div>}
      <footer>
        <span>{told.numbers.join(" · ")}</span>
        {rows.length > 0 && (
          <>
            <button type="button" class="link" aria-expanded={open.value} onClick={() => (open.value = !open.value)}>
              {open.value ? words.hideTable : words.table}
              <span class="sr">: {title}</span>
            </button>
            <button type="button" class="link" onClick={() => save(told)}>
              {words.csv}
              <span class="sr">: {title}</span>
            </button>
          </>
        )}
      </footer>
    </section>
  );
}

function Table({ told: { head, rows, title } }: { told: Told }) {
  return (
    // Scrolled by keys, too.
    <section class="table" aria-label={`${texts.value.insight.table}: ${title}`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {head.map((cell) => (
              <th key={cell} scope="col">
                {cell}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.join(" ")}>
              {row.map((cell, index) => (
                <td key={head[index]} class={typeof cell === "number" ? "number" : undefined}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function save({ name, head, rows }: Told): void {
  // The mark has spreadsheets read it as UTF-8.
  const url = URL.createObjectURL(new Blob(["\ufeff", csvOf([head, ...rows])], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = `${name}.csv`;
  link.click();
  URL.revokeObjectURL(url);
}
