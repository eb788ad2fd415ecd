import { useEffect, useRef, useState } from "preact/hooks";
import { ifMatch } from "../../api/client";
import { hrefOf, queryValue, setQuery } from "../../frame/router";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/settings";
import { Invite } from "../settings/access/Invite";
import { Refusal } from "../settings/Refusal";
import { useSettings } from "../settings/state";
import { type Api, answered } from "../settings/things/resource";
import { TECHNICIANS } from "../settings/things/workforce";
import { useTried } from "../settings/useTried";
import { count } from "../settings/words";
import { Check, Checks } from "./Check";
import { Making, type StepProps } from "./Places";
import type { Facts } from "./steps";

const NEEDED = ["name", "store_id", "skills", "hours"];
const FIRST_FIELDS = TECHNICIANS.newFields.filter((field) => NEEDED.includes(field.name));

export function FirstTechnicians({ facts, again }: StepProps) {
  const said = texts.value.firstRun.technicians;
  const many = facts.technicians.length;
  return (
    <>
      <Checks>
        <Check
          state={many > 0 ? "passed" : "todo"}
          title={said.check(many)}
          what={
            facts.technicians
              .slice(0, 5)
              .map((one) => one.name)
              .join(", ") || said.checkWhat
          }
        />
      </Checks>
      <Making
        key={many}
        resource={TECHNICIANS}
        fields={FIRST_FIELDS}
        label={many > 0 ? said.another : said.add}
        onMade={again}
      />
      <p>
        <a href={hrefOf("settings", { section: "import", kind: "technicians" })}>{said.import}</a>
      </p>
    </>
  );
}

/** Make the practice lead at the store and, where a technician is named, offer it to that one. */
async function practise(
  api: Api,
  facts: Facts,
  words: { customer: string; notes: string },
  technicianId: string | null,
): Promise<string | null> {
  const store = facts.stores[0];
  if (!store) return null;
  const body = {
    store_id: store.id,
    customer: { name: words.customer },
    location: store.location,
    notes: words.notes,
    external_id: `practice-${Date.now()}`,
    skills: [],
    priority: 0,
  };
  const lead = await answered(api.POST("/v1/leads", { body }));
  if (technicianId && lead.offer?.technician_id !== technicianId) {
    const params = { path: { id: lead.id }, header: ifMatch(lead) };
    await api.POST("/v1/work-orders/{id}/assign", {
      params,
      body: { technician_id: technicianId, mode: "offer", collaborator_ids: [] },
    });
  }
  return lead.id;
}

export function Phone({ facts, again }: StepProps) {
  const { client } = useSettings();
  const said = texts.value.firstRun.phone;
  const { customer, notes } = texts.value.firstRun.lead;
  const [chosen, setChosen] = useState(facts.technicians[0]?.id ?? "");
  const technician = facts.technicians.find((one) => one.id === chosen);
  const age = facts.positions.get(chosen);
  const offered = useRef(false);
  const tried = useTried();
  const practiceId = queryValue("lead");
  useEffect(() => {
    if (age === undefined || practiceId || offered.current) return;
    offered.current = true;
    void tried.run(async () =>
      setQuery({ lead: await practise(client.api, facts, { customer, notes }, chosen) }, { replace: true }),
    );
  }, [age === undefined, practiceId]);
  if (!technician) return null;
  const isInvited = technician.user_id !== null && facts.invited.has(technician.user_id);
  const hasOpened = technician.user_id !== null && !isInvited;
  const offer = facts.practice?.offer;
  const isAnswered = facts.practice !== null && offer?.technician_id !== chosen;
  return (
    <div class="two">
      <div class="card">
        <label class="lb">
          {said.who}
          <select class="in" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
            {facts.technicians.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </label>
        {!hasOpened && <Invite key={chosen} body={{ role: "technician", technician_id: chosen }} onInvited={again} />}
        <ul class="shr">
          <li>
            <Icon name="eye" />
            <span>{said.shared}</span>
          </li>
          <li>
            <Icon name="lock" />
            <span>{said.looked}</span>
          </li>
        </ul>
      </div>
      <section class="card" aria-labelledby="we-see">
        <h2 id="we-see">
          {said.whatWeSee} <small class="mut">{said.watching}</small>
        </h2>
        <Checks>
          <Check state={hasOpened ? "passed" : isInvited ? "waits" : "todo"} title={said.opened(technician.name)} />
          <Check state={technician.on_duty ? "passed" : hasOpened ? "waits" : "todo"} title={said.onDuty} />
          <Check
            state={age !== undefined ? "passed" : technician.on_duty ? "waits" : "todo"}
            title={said.position}
            what={age === undefined ? said.positionWhat : said.positionAge(`${count(age)} s`)}
          />
          <Check
            state={practiceId ? (isAnswered ? "passed" : "waits") : "todo"}
            title={said.offer}
            what={!practiceId ? said.offerWhat : isAnswered ? said.offerAnswered : said.offerSent}
          />
        </Checks>
        <Refusal problem={tried.problem} />
      </section>
    </div>
  );
}

export function FirstLead({ facts, again }: StepProps) {
  const { client } = useSettings();
  const said = texts.value.firstRun.lead;
  const tried = useTried();
  const lead = facts.practice;
  const create = () =>
    tried.run(async () => setQuery({ lead: await practise(client.api, facts, said, null) }, { replace: true }));
  const takeAway = () =>
    tried.run(async () => {
      if (!lead) return;
      await client.api.POST("/v1/work-orders/{id}/cancel", { params: { path: { id: lead.id } }, body: {} });
      again();
    });
  const isGone = lead?.state === "cancelled";
  return (
    <>
      <Checks>
        <Check state={lead ? "passed" : "todo"} title={lead ? said.made(lead.number) : said.create} />
        <Check state={lead?.location ? "passed" : "todo"} title={said.located} />
        <Check
          state={lead && lead.state !== "new" ? "passed" : lead ? "waits" : "todo"}
          title={(lead && said.states[lead.state]) || said.states.new || ""}
          what={lead?.assignee?.name}
        />
      </Checks>
      <p class="acts">
        {(!lead || isGone) && (
          <button type="button" class="btn pri" disabled={tried.busy} onClick={() => void create()}>
            {said.create}
          </button>
        )}
        {lead && !isGone && (
          <>
            <a class="btn" href={hrefOf("", { wo: lead.id })}>
              {said.open}
            </a>
            <button type="button" class="btn" disabled={tried.busy} onClick={() => void takeAway()}>
              {said.takeAway}
            </button>
          </>
        )}
      </p>
      <p role="status">{isGone && said.takenAway}</p>
      <Refusal problem={tried.problem} />
    </>
  );
}
