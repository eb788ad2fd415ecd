import { useState } from "preact/hooks";
import { localDate } from "../../../model/zone";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { Spans } from "../form/WeekControl";
import type { Span } from "../form/week";
import { instantOf } from "../form/zoned";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered } from "../things/resource";
import type { TabProps } from "../things/ThingPage";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { when } from "../words";

const YEAR_MS = 365 * 86_400_000;

/** When a technician works otherwise than in a usual week, or not at all. */
export function Away(props: TabProps) {
  return (
    <>
      <Exceptions {...props} />
      <TimeOff {...props} />
    </>
  );
}

function useZone({ thing }: TabProps): string {
  return useSettings().zoneOf(String(thing.value.store_id));
}

function Exceptions(props: TabProps) {
  const { client } = useSettings();
  const said = texts.value.technician;
  const zone = useZone(props);
  const { id } = props.thing;
  const today = localDate(Date.now(), zone);
  const [date, setDate] = useState(today);
  const [spans, setSpans] = useState<readonly Span[]>([]);
  const [note, setNote] = useState("");
  const tried = useTried();
  const loaded = useLoad(`exceptions/${id}`, async () => {
    const query = { from: today, to: localDate(Date.now() + YEAR_MS, zone) };
    return (
      await answered(client.api.GET("/v1/technicians/{id}/hours-exceptions", { params: { path: { id }, query } }))
    ).items;
  });
  const change = async (act: () => Promise<unknown>) => {
    if (await tried.run(act)) loaded.again();
  };
  const put = () => {
    const body = { spans: spans.map(([from, to]) => [from, to] as [string, string]), note: note.trim() || null };
    void change(async () => {
      await client.api.PUT("/v1/technicians/{id}/hours-exceptions/{date}", { params: { path: { id, date } }, body });
      setNote("");
    });
  };
  const remove = (on: string) =>
    void change(() =>
      client.api.DELETE("/v1/technicians/{id}/hours-exceptions/{date}", { params: { path: { id, date: on } } }),
    );
  return (
    <Card title={said.exceptions} what={said.exceptionsWhat}>
      {loaded.value ? (
        <ul class="facts">
          {loaded.value.map((one) => (
            <li key={one.date}>
              <b>{one.date}</b>
              <span>{one.spans.length === 0 ? said.noWork : one.spans.map((span) => span.join("–")).join(", ")}</span>
              <span class="mut">{one.note}</span>
              <button type="button" class="lnk" onClick={() => remove(one.date)}>
                {said.remove}
              </button>
            </li>
          ))}
          {loaded.value.length === 0 && <li class="mut">{said.noExceptions}</li>}
        </ul>
      ) : (
        <Trouble loaded={loaded} />
      )}
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          put();
        }}
      >
        <label>
          {said.date}
          <input
            type="date"
            class="in"
            required
            min={today}
            value={date}
            onInput={(event) => setDate(event.currentTarget.value)}
          />
        </label>
        <div class="lb">
          <span>{said.hours}</span>
          <Spans spans={spans} name={said.date} onChange={setSpans} />
        </div>
        <label>
          {said.note}
          <input class="in" value={note} onInput={(event) => setNote(event.currentTarget.value)} />
        </label>
        <button type="submit" class="btn" disabled={tried.busy}>
          {spans.length === 0 ? said.dayOff : said.setException}
        </button>
      </form>
      <Refusal problem={tried.problem} />
    </Card>
  );
}

function TimeOff(props: TabProps) {
  const { client } = useSettings();
  const said = texts.value.technician;
  const zone = useZone(props);
  const { id } = props.thing;
  const [span, setSpan] = useState({ from: "", to: "", note: "" });
  const tried = useTried();
  const loaded = useLoad(
    `time-off/${id}`,
    async () => (await answered(client.api.GET("/v1/technicians/{id}/time-off", { params: { path: { id } } }))).items,
  );
  const change = async (act: () => Promise<unknown>) => {
    if (await tried.run(act)) loaded.again();
  };
  const add = () => {
    const body = {
      starts_at: instantOf(span.from, zone) ?? "",
      ends_at: instantOf(span.to, zone) ?? "",
      note: span.note.trim() || null,
    };
    void change(async () => {
      await client.api.POST("/v1/technicians/{id}/time-off", { params: { path: { id } }, body });
      setSpan({ from: "", to: "", note: "" });
    });
  };
  const remove = (time_off_id: string) =>
    void change(() =>
      client.api.DELETE("/v1/technicians/{id}/time-off/{time_off_id}", { params: { path: { id, time_off_id } } }),
    );
  const enter = (name: keyof typeof span) => (event: { currentTarget: HTMLInputElement }) =>
    setSpan({ ...span, [name]: event.currentTarget.value });
  return (
    <Card title={said.timeOff} what={said.timeOffWhat}>
      {loaded.value ? (
        <ul class="facts">
          {loaded.value.map((one) => (
            <li key={one.id}>
              <b>{when(one.starts_at, zone)}</b>
              <span>– {when(one.ends_at, zone)}</span>
              <span class="mut">{one.note}</span>
              <button type="button" class="lnk" onClick={() => remove(one.id)}>
                {said.remove}
              </button>
            </li>
          ))}
          {loaded.value.length === 0 && <li class="mut">{said.noTimeOff}</li>}
        </ul>
      ) : (
        <Trouble loaded={loaded} />
      )}
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          add();
        }}
      >
        <label>
          {said.from}
          <input type="datetime-local" class="in" required value={span.from} onInput={enter("from")} />
        </label>
        <label>
          {said.to}
          <input type="datetime-local" class="in" required value={span.to} onInput={enter("to")} />
        </label>
        <label>
          {said.note}
          <input class="in" value={span.note} onInput={enter("note")} />
        </label>
        <button type="submit" class="btn" disabled={tried.busy}>
          {said.addTimeOff}
        </button>
        <small class="mut">{zone}</small>
      </form>
      <Refusal problem={tried.problem} />
    </Card>
  );
}
