import { clockTime, localDate } from "../../model/zone";
import { pin } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/app";
import { AppIcon } from "../AppIcon";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import { Facts } from "../Facts";
import { titleOf } from "../words";
import { OrderLinks } from "../work/OrderLinks";
import { StepButton } from "../work/StepButton";
import { isUnderWay } from "../work/steps";
import { type Job, leaveBy, wayTo } from "./day";

/** The next work order, with what is to be done now. */
export function JobCard({ job }: { job: Job }) {
  const { day } = useApp();
  const { today } = texts.value;
  const { order, zone } = job;
  const there = isUnderWay(job.state) && job.state !== "travelling";
  const way = there ? null : wayTo(order, day.sharing.watcher.here.value);
  return (
    <section class="job" aria-labelledby="next-title">
      <p class="lab">
        <span>{label(job, day.nowMs.value)}</span>
        <b>{leaveText(leaveBy(job, way), day.nowMs.value, zone)}</b>
      </p>
      <div class="ttl">
        <Symbol
          shapes={pin(order.kind, true, job.state === "travelling" ? "go" : isUnderWay(job.state) ? "work" : "dot")}
        />
        <div>
          <h2 id="next-title">{titleOf(order)}</h2>
          <p>{[order.customer.name, order.address].filter(Boolean).join(", ")}</p>
        </div>
      </div>
      <Facts slot={order.slot} zone={zone} way={way} there={there} />
      {order.notes && <p class="quote">{order.notes}</p>}
      <div class="acts">
        <OrderLinks order={order} />
        <AppLink to={{ page: "work", id: order.id }} class="btn icon" aria-label={today.more}>
          <AppIcon name="more" />
        </AppLink>
      </div>
      <StepButton job={job} />
    </section>
  );
}

function label({ order, state, zone }: Job, nowMs: number): string {
  const { today, states } = texts.value;
  if (isUnderWay(state)) return states[state];
  return localDate(Date.parse(order.slot.start), zone) < localDate(nowMs, zone) ? today.overdue : today.next;
}

function leaveText(leaveMs: number | null, nowMs: number, zone: string): string {
  const { today } = texts.value;
  if (leaveMs === null) return "";
  return leaveMs <= nowMs ? today.leaveNow : today.leaveBy(clockTime(leaveMs, zone));
}
