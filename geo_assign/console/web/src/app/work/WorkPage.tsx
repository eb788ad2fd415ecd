import { clockTime, slotText } from "../../model/zone";
import { texts } from "../../texts/app";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import { Facts } from "../Facts";
import { Message } from "../Message";
import { type Job, wayTo } from "../today/day";
import { NotKnown } from "../today/Today";
import { crewText, titleOf } from "../words";
import { OrderLinks } from "./OrderLinks";
import { Photos } from "./Photos";
import { OtherSteps, StepButton } from "./StepButton";
import { takesImages } from "./steps";

/** The work order of an address, wherever it stands on the schedule; null where it is not the technician's. */
export function findJob(jobs: Iterable<Job>, id: string): Job | null {
  for (const job of jobs) if (job.order.id === id) return job;
  return null;
}

export function useJob(id: string): Job | null {
  const { day } = useApp();
  const { jobs, later } = day.day.value;
  return findJob([...jobs, ...[...later.values()].flat()], id);
}

/** All that is known of a work order, and what may be done. */
export function WorkPage({ id }: { id: string }) {
  const { day } = useApp();
  const { work, nav, today, states } = texts.value;
  const job = useJob(id);
  if (job === null && !day.isKnown.value) {
    return (
      <main class="page">
        <NotKnown />
      </main>
    );
  }
  if (job === null) {
    return (
      <Message title={work.notFound} text={work.notFoundText}>
        <AppLink to={{ page: "today" }} class="btn">
          {today.title}
        </AppLink>
      </Message>
    );
  }
  const { order, zone, state } = job;
  return (
    <main class="page">
      <AppLink to={{ page: "today" }} class="back">
        {nav.back}
      </AppLink>
      <section class="job" aria-labelledby="work-title">
        <p class="lab">
          <span>{order.number}</span>
          <b>{states[state]}</b>
        </p>
        <h1 id="work-title">{titleOf(order)}</h1>
        <p class="muted">{`${slotText(order.slot, day.nowMs.value, zone)} · ${crewText(job)}`}</p>
        <Facts slot={order.slot} zone={zone} way={wayTo(order, day.sharing.watcher.here.value)} />
        <div class="acts even">
          <OrderLinks order={order} />
        </div>
        <StepButton job={job} />
        {state === "completed" && <p class="hint">{today.done(clockTime(Date.parse(order.updated_at), zone))}</p>}
      </section>
      <Details job={job} />
      <OtherSteps job={job} />
      {takesImages(state) && <Photos job={job} />}
    </main>
  );
}

function Details({ job }: { job: Job }) {
  const { work } = texts.value;
  const { order } = job;
  const { customer, device } = order;
  const rows: [string, (string | null | undefined)[]][] = [
    [work.customer, [customer.name, customer.phone]],
    [work.email, [customer.email]],
    [work.address, [order.address ?? work.noAddress]],
    [work.device, [[device.type, device.brand, device.model].filter(Boolean).join(" "), device.issue]],
    [work.notes, [order.notes]],
    [work.skills, [order.skills.join(", ")]],
    [work.crew, crewLines(job)],
  ];
  return (
    <dl class="box details">
      {rows.map(([name, values]) => {
        const known = values.filter(Boolean);
        if (known.length === 0) return null;
        return (
          <div key={name}>
            <dt>{name}</dt>
            {known.map((value) => (
              <dd key={value}>{value}</dd>
            ))}
          </div>
        );
      })}
    </dl>
  );
}

function crewLines({ order }: Job): string[] {
  const { work } = texts.value;
  if (order.collaborators.length === 0) return [];
  const lead = order.assignee ? [work.leads(order.assignee.name)] : [];
  return [...lead, ...order.collaborators.map(({ name }) => work.comesAlong(name))];
}
