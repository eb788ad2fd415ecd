import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { ageSeconds } from "../model/clock";
import { isFinished } from "../model/pending";
import { duration } from "../model/words";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { canForce, canReallocate } from "./rights";
import { Key } from "./Ways";

/** A technician has it, or it is over: who, since when by whom, and what may still be changed. */
export function Taken({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const words = texts.value.panel;
  const { changed_by: who } = order;
  const when = words.ago(duration(ageSeconds(order.updated_at, desk.now.value) ?? 0));
  return (
    <div class="taken">
      <p>
        <Icon name="check" />
        {sentence(order)}
      </p>
      {order.collaborators.length > 0 && <p>{words.crew(order.collaborators.map(({ name }) => name).join(", "))}</p>}
      {who.kind !== "system" && who.name && <p class="muted">{words.changedBy(who.name, when)}</p>}
      {!isFinished(order) && <Changes order={order} />}
    </div>
  );
}

function Changes({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const { giving, question } = desk;
  const words = texts.value.panel;
  const allowed = canReallocate(desk.me);
  if (order.state !== "assigned")
    return <p class="muted">{allowed && canForce(desk.me) ? words.underWayForced : words.underWay}</p>;
  return (
    <>
      <div class="ways">
        <button type="button" class="btn" disabled={giving.busy.value} onClick={() => void giving.unassign(order)}>
          {giving.busy.value ? words.unassigning : words.unassign}
        </button>
        {order.location && (
          <button type="button" class="btn" disabled={!allowed} onClick={() => question.replace(true)}>
            {words.reallocate} <Key name="Shift R" />
          </button>
        )}
      </div>
      {!allowed && <p class="muted">{words.needsPermission}</p>}
      {giving.problem.value && <p role="alert">{giving.problem.value}</p>}
    </>
  );
}

function sentence({ state, assignee }: WorkOrder): string {
  const words = texts.value.panel;
  const name = assignee?.name ?? "?";
  if (state === "travelling" || state === "on_site" || state === "in_progress") return words[state](name);
  if (state === "completed" || state === "cancelled" || state === "converted") return words.finished[state];
  return words.has(name);
}
