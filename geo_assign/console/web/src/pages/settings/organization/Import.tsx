import { useState } from "preact/hooks";
import type { components } from "../../../api/document.gen";
import { queryValue, setQuery } from "../../../frame/router";
import { texts } from "../../../texts/settings";
import { download } from "../download";
import { Refusal } from "../Refusal";
import { ScrollRegion } from "../ScrollRegion";
import { useSettings } from "../state";
import { csvCell } from "../stores/preview";
import { answered } from "../things/resource";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { count } from "../words";

type Report = components["schemas"]["ImportAnswer"];

export const KINDS = ["technicians", "stores", "work-orders"] as const;
type Kind = (typeof KINDS)[number];

const MOST_BYTES = 2_000_000;
const ROWS_SHOWN = 200;

/** Technicians, stores or work orders from a file: tried first, then imported. */
export function Import() {
  const { client } = useSettings();
  const said = texts.value.import;
  const kind = KINDS.find((each) => each === queryValue("kind")) ?? "technicians";
  const [file, setFile] = useState<File | null>(null);
  const [report, setReport] = useState<Report | null>(null);
  const tried = useTried();
  const send = (dry_run: boolean) =>
    tried.run(async () => {
      if (!file) return;
      // The file as it is: its encoding and separators are the service's to read.
      const body = new Uint8Array(await file.arrayBuffer());
      const call = client.api.POST("/v1/imports/{kind}", {
        params: { path: { kind }, query: { dry_run } },
        body: body as unknown as string,
        bodySerializer: (given) => given,
        headers: { "Content-Type": "text/csv" },
      });
      setReport(await answered(call));
    });
  const choose = (chosen: File | null) => {
    setFile(chosen);
    setReport(null);
  };
  const isTooLarge = file !== null && file.size > MOST_BYTES;
  const importable = report?.dry_run ? report.created + report.changed : 0;
  return (
    <section class="thing" aria-labelledby="import-title">
      <header class="hd plain">
        <h1 id="import-title">{texts.value.sections.import}</h1>
        <p class="mut">{said.what}</p>
      </header>
      <div class="scroll">
        <div class="card">
          <p class="acts">
            <span class="pick" role="group" aria-label={said.kind}>
              {KINDS.map((each) => (
                <button
                  key={each}
                  type="button"
                  aria-pressed={each === kind}
                  onClick={() => {
                    setReport(null);
                    setQuery({ kind: each });
                  }}
                >
                  {said.kinds[each]}
                </button>
              ))}
            </span>
          </p>
          <Columns kind={kind} />
          <p class="acts">
            <label class="lb">
              {said.file}
              <input
                type="file"
                class="in"
                accept=".csv,text/csv,text/plain"
                onChange={(event) => choose(event.currentTarget.files?.[0] ?? null)}
              />
            </label>
            <button
              type="button"
              class={importable > 0 ? "btn" : "btn pri"}
              disabled={!file || isTooLarge || tried.busy}
              onClick={() => void send(true)}
            >
              {tried.busy ? said.trying : said.dryRun}
            </button>
            {importable > 0 && (
              <button type="button" class="btn pri" disabled={tried.busy} onClick={() => void send(false)}>
                {said.run(importable)}
              </button>
            )}
          </p>
          {isTooLarge && (
            <p class="bad" role="alert">
              {said.tooLarge(MOST_BYTES / 1e6)}
            </p>
          )}
          <Refusal problem={tried.problem} />
        </div>
        {report && <Outcome report={report} kind={kind} />}
      </div>
    </section>
  );
}

function Columns({ kind }: { kind: Kind }) {
  const { client } = useSettings();
  const said = texts.value.import;
  const loaded = useLoad(
    `columns/${kind}`,
    async () => (await answered(client.api.GET("/v1/imports/{kind}", { params: { path: { kind } } }))).columns,
  );
  if (!loaded.value) return null;
  const columns = loaded.value;
  const template = `${columns.map((column) => csvCell(column.name)).join(",")}\r\n`;
  return (
    <details>
      <summary>{said.columns}</summary>
      <dl class="pairs">
        {columns.map((column) => (
          <div key={column.name}>
            <dt>
              <code>{column.name}</code>
            </dt>
            <dd>
              {column.required && <span class="chip">{said.columnsMust}</span>} {column.description}
            </dd>
          </div>
        ))}
      </dl>
      <button type="button" class="lnk" onClick={() => download(`${kind}.csv`, "text/csv", template)}>
        {said.template}
      </button>
    </details>
  );
}

function Outcome({ report, kind }: { report: Report; kind: Kind }) {
  const said = texts.value.import;
  const outcomes = { created: said.created, changed: said.changed, unchanged: said.unchanged, error: said.errors };
  const shown = report.rows.slice(0, ROWS_SHOWN);
  const hidden = report.rows.length - shown.length;
  const errors = report.errors_csv;
  return (
    <section class="card" aria-live="polite">
      <h2>{report.dry_run ? said.wouldNote : said.done}</h2>
      <ul class="counts">
        {(["created", "changed", "unchanged"] as const).map((name) => (
          <li key={name}>
            <b>{count(report[name])}</b> {outcomes[name]}
          </li>
        ))}
        <li class={report.errors > 0 ? "bad" : ""}>
          <b>{count(report.errors)}</b> {said.errors}
        </li>
      </ul>
      {!report.dry_run && kind === "work-orders" && report.created > 0 && <p class="mut">{said.addresses}</p>}
      {errors && (
        <button type="button" class="btn" onClick={() => download(`${kind}.errors.csv`, "text/csv", errors)}>
          {said.errorsCsv}
        </button>
      )}
      <ScrollRegion label={said.outcome}>
        <table>
          <thead>
            <tr>
              <th scope="col">{said.line}</th>
              <th scope="col">{said.row}</th>
              <th scope="col">{said.outcome}</th>
              <th scope="col">{said.reason}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.line} class={row.outcome === "error" ? "wrong" : ""}>
                <td>{row.line}</td>
                <td>{row.key}</td>
                <td>{outcomes[row.outcome]}</td>
                <td>
                  {row.column && <code>{row.column}</code>} {row.reason}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      {hidden > 0 && <p class="mut">{said.moreErrors(hidden)}</p>}
    </section>
  );
}
