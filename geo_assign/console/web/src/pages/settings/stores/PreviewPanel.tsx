import { useEffect, useState } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import { hrefOf } from "../../../frame/router";
import { localDate } from "../../../model/zone";
import { Icon } from "../../../symbols/Icon";
import { texts } from "../../../texts/settings";
import { download } from "../download";
import type { Form } from "../form/form";
import { useSettings } from "../state";
import { answered } from "../things/resource";
import { distance, when } from "../words";
import { ComparisonLine, DayPlot } from "./PreviewPlots";
import { byDay, changedAsCsv, comparisons, nearerCount, type Preview } from "./preview";
import { chosenSettings, SETTINGS_FIELDS } from "./settingsFields";

const DAYS = [3, 7, 14, 30] as const;
/** How long typing has to rest before the past is played again. */
const REST_MS = 700;

/** What the settings in the form would have made of the last days. Nothing is saved by looking. */
export function PreviewPanel({ storeId, form }: { storeId: string; form: Form }) {
  const said = texts.value.preview;
  const [days, setDays] = useState<number>(7);
  const { preview, running, problem } = usePreview(storeId, form, days);
  const changes = form.changed.value.length > 0;
  return (
    <aside class="prev" aria-labelledby="preview-title">
      <div class="bar">
        <h2 id="preview-title">{changes ? said.title(days) : said.titleSame(days)}</h2>
        <select
          class="in"
          aria-label={said.days}
          value={days}
          onChange={(event) => setDays(Number(event.currentTarget.value))}
        >
          {DAYS.map((each) => (
            <option key={each} value={each}>
              {each}
            </option>
          ))}
        </select>
      </div>
      <p class="mut" role="status">
        {running ? said.running : preview ? said.note(preview.compared) : ""}
      </p>
      {problem && (
        <p class="bad" role="alert">
          {problem}
        </p>
      )}
      {!changes && <p class="hint">{said.unchanged}</p>}
      {preview &&
        (preview.compared === 0 ? (
          <p class="empty">{said.none}</p>
        ) : (
          <Played preview={preview} days={days} storeId={storeId} stale={running} />
        ))}
    </aside>
  );
}

function usePreview(storeId: string, form: Form, days: number) {
  const { client } = useSettings();
  const [preview, setPreview] = useState<Preview | null>(null);
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const settings = JSON.stringify(chosenSettings(form.draft.value));
  useEffect(() => {
    let gone = false;
    const play = async () => {
      setRunning(true);
      try {
        const params = { path: { id: storeId } };
        const found = await answered(
          client.api.POST("/v1/stores/{id}/settings/preview", {
            params,
            body: { settings: JSON.parse(settings), days },
          }),
        );
        if (!gone) {
          setPreview(found);
          setProblem(null);
        }
      } catch (error) {
        if (!(error instanceof ApiProblem)) throw error;
        // What is not valid is told beside its field when it is saved.
        if (!gone) setProblem(error.status === 422 ? null : error.message);
      } finally {
        if (!gone) setRunning(false);
      }
    };
    const timer = setTimeout(() => void play(), REST_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [storeId, settings, days]);
  return { preview, running, problem };
}

interface PlayedProps {
  preview: Preview;
  days: number;
  storeId: string;
  stale: boolean;
}

function Played({ preview, days, storeId, stale }: PlayedProps) {
  const settings = useSettings();
  const said = texts.value.preview;
  const [listed, setListed] = useState(false);
  const zone = settings.zoneOf(storeId);
  const changed = preview.changed;
  const nearer = nearerCount(changed);
  const leftOut = preview.not_reproduced + preview.track_expired;
  return (
    <div class={stale ? "played stale" : "played"}>
      <div class="big">
        <b>{changed.length}</b>
        <span>
          {said.goneTo(preview.compared)}
          {nearer > 0 && `; ${said.nearer(nearer)}`}
          {changed.length > 0 && (
            <button type="button" class="lnk" aria-expanded={listed} onClick={() => setListed(!listed)}>
              {listed ? said.hide : said.show(changed.length)}
            </button>
          )}
        </span>
      </div>
      {listed && <ChangedList preview={preview} zone={zone} />}
      <ul class="mets">
        {comparisons(preview).map((one) => (
          <ComparisonLine key={one.name} one={one} />
        ))}
      </ul>
      {preview.found_instead > 0 && <p class="told">{said.foundInstead(preview.found_instead)}</p>}
      {preview.lost_instead > 0 && <Warning text={said.lostInstead(preview.lost_instead)} />}
      {changed.length > 0 && <DayPlot days={byDay(preview, days, (ms) => localDate(ms, zone))} />}
      {changed.length > 0 && (
        <button type="button" class="lnk" onClick={() => download("preview.csv", "text/csv", changedAsCsv(changed))}>
          {said.csv}
        </button>
      )}
      {leftOut > 0 && <p class="mut">{said.leftOut(leftOut)}</p>}
      {preview.truncated && <p class="mut">{said.truncated}</p>}
      {preview.not_judged.length > 0 && <Warning text={said.notJudged(labelsOf(preview.not_judged))} />}
    </div>
  );
}

function Warning({ text }: { text: string }) {
  return (
    <p class="note">
      <Icon name="warn" />
      <span>{text}</span>
    </p>
  );
}

function labelsOf(names: readonly string[]): string {
  const { fields } = texts.value;
  return (
    names
      .map((name) => SETTINGS_FIELDS.find((field) => field.name === name))
      .flatMap((field) => (field ? [fields[field.text].label] : []))
      .join(", ") || names.join(", ")
  );
}

function ChangedList({ preview, zone }: { preview: Preview; zone: string }) {
  const said = texts.value.preview;
  const chosen = (one: { name: string; distance_m: number } | null) =>
    one ? `${one.name}, ${distance(one.distance_m)}` : said.noTechnician;
  return (
    <ul class="chgd" aria-label={said.changedTable}>
      {preview.changed.map((one) => (
        <li key={one.decision_id}>
          <a href={hrefOf("order", { id: one.work_order_id })}>{when(one.at, zone)}</a>
          <span>
            <s>{chosen(one.old)}</s> <Icon name="right" /> <b>{chosen(one.new)}</b>
          </span>
        </li>
      ))}
    </ul>
  );
}
