import { useState } from "preact/hooks";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { Confirm } from "../Confirm";
import { download } from "../download";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { answered } from "../things/resource";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { AuditLog } from "./AuditLog";
import { everyTrackPage } from "./exports";
import { LocationViews } from "./LocationViews";
import { TechnicianSelect } from "./TechnicianSelect";

/** Who looked, who did what, and what is kept about a person: to take along, or to erase. */
export function Privacy() {
  const { client } = useSettings();
  const technicians = useLoad(
    "privacy/technicians",
    async () => (await answered(client.api.GET("/v1/technicians", { params: { query: { limit: 200 } } }))).items,
  );
  const people = technicians.value ?? [];
  return (
    <section class="thing" aria-labelledby="privacy-title">
      <header class="hd plain">
        <h1 id="privacy-title">{texts.value.sections.privacy}</h1>
      </header>
      <div class="scroll">
        <LocationViews people={people} />
        <AuditLog />
        <ExportTechnician people={people} />
        <ExportCustomer />
        <EraseTechnician people={people.filter((one) => one.name !== "")} again={technicians.again} />
      </div>
    </section>
  );
}

interface PeopleProps {
  people: readonly { id: string; name: string }[];
}

function ExportTechnician({ people }: PeopleProps) {
  const { client } = useSettings();
  const said = texts.value.privacy;
  const [id, setId] = useState("");
  const tried = useTried();
  const run = () =>
    tried.run(async () => {
      const document = await everyTrackPage((cursor) => {
        const query = { limit: 10_000, ...(cursor === null ? {} : { cursor }) };
        return answered(client.api.GET("/v1/technicians/{id}/export", { params: { path: { id }, query } }));
      });
      download(`technician-${id}.json`, "application/json", JSON.stringify(document, null, 2));
    });
  return (
    <Card title={said.export} what={said.exportWhat}>
      <p class="acts">
        <TechnicianSelect people={people} value={id} onChange={setId} />
        <button type="button" class="btn" disabled={!id || tried.busy} onClick={() => void run()}>
          {said.download}
        </button>
      </p>
      <Refusal problem={tried.problem} />
    </Card>
  );
}

function ExportCustomer() {
  const { client } = useSettings();
  const said = texts.value.privacy;
  const [entered, setEntered] = useState({ phone: "", email: "" });
  const [found, setFound] = useState<number | null>(null);
  const tried = useTried();
  const run = () =>
    tried.run(async () => {
      const items: unknown[] = [];
      let cursor: string | null = null;
      do {
        const by = {
          ...(entered.phone ? { phone: entered.phone } : {}),
          ...(entered.email ? { email: entered.email } : {}),
        };
        const query: { limit: number; phone?: string; email?: string; cursor?: string } = {
          limit: 100,
          ...by,
          ...(cursor === null ? {} : { cursor }),
        };
        const page = await answered(client.api.GET("/v1/customers/export", { params: { query } }));
        items.push(...page.items);
        cursor = page.next_cursor;
      } while (cursor !== null);
      setFound(items.length);
      if (items.length > 0) download("customer.json", "application/json", JSON.stringify(items, null, 2));
    });
  return (
    <Card title={said.customer} what={said.customerWhat}>
      <form
        class="inline"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <label>
          {said.phone}
          <input
            class="in"
            type="tel"
            autocomplete="off"
            value={entered.phone}
            onInput={(event) => setEntered({ ...entered, phone: event.currentTarget.value })}
          />
        </label>
        <label>
          {said.email}
          <input
            class="in"
            type="email"
            autocomplete="off"
            value={entered.email}
            onInput={(event) => setEntered({ ...entered, email: event.currentTarget.value })}
          />
        </label>
        <button type="submit" class="btn" disabled={tried.busy || (!entered.phone && !entered.email)}>
          {said.download}
        </button>
      </form>
      <p role="status">{found !== null && said.orders(found)}</p>
      <Refusal problem={tried.problem} />
    </Card>
  );
}

function EraseTechnician({ people, again }: PeopleProps & { again: () => void }) {
  const { client } = useSettings();
  const said = texts.value.privacy;
  const [id, setId] = useState("");
  const [typedName, setTypedName] = useState("");
  const tried = useTried();
  const chosen = people.find((one) => one.id === id);
  const run = async () => {
    if (await tried.run(() => client.api.POST("/v1/technicians/{id}/erase", { params: { path: { id } } }))) {
      setId("");
      setTypedName("");
      again();
    }
  };
  return (
    <Card title={said.erase} what={said.eraseWhat}>
      <p class="acts">
        <TechnicianSelect people={people} value={id} onChange={setId} />
      </p>
      {chosen && (
        <p class="acts">
          <label class="lb">
            {said.eraseMeans} <b>{chosen.name}</b>
            <input
              class="in"
              autocomplete="off"
              value={typedName}
              onInput={(event) => setTypedName(event.currentTarget.value)}
            />
          </label>
          {typedName.trim() === chosen.name && (
            <Confirm label={said.erase} means={said.eraseWhat} onSure={() => void run()} />
          )}
        </p>
      )}
      <Refusal problem={tried.problem} />
    </Card>
  );
}
