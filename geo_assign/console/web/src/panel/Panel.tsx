import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { isTaken } from "../model/pending";
import { slotText } from "../model/zone";
import { glyphOf, pin } from "../symbols/drawings";
import { Icon } from "../symbols/Icon";
import { Symbol } from "../symbols/Symbol";
import { Countdown } from "../ui/Countdown";
import { Candidates } from "./Candidates";
import { Locate } from "./Locate";

/** The open order, and who can take it. */
export function Panel({ order }: { order: WorkOrder }) {
  const { view } = usePage();
  return (
    <section class="near card" aria-label={`Who can take ${order.number}`}>
      {!view.phone.value && <Head order={order} />}
      <State order={order} />
    </section>
  );
}

/** What the order waits for decides what the panel offers. */
function State({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  if (isTaken(order)) return <Taken order={order} />;
  if (!order.location || desk.placing.value) return <Locate order={order} />;
  return <Candidates order={order} />;
}

function Head({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const lines = [order.number, order.customer?.name, order.address].filter(Boolean).join(" · ");
  return (
    <header class="who">
      <Symbol shapes={pin(order.kind, isTaken(order), glyphOf(order))} />
      <div>
        <h2>{order.title}</h2>
        <p>{lines}</p>
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label="Close"
        title="Close (Esc)"
        onClick={() => desk.select(null)}
      >
        <Icon name="close" />
      </button>
      <div class="chips">
        <span class="chip">
          <Icon name="clock" />
          {slotText(order.slot, desk.now.value, desk.zoneOf(order))}
        </span>
        {order.skills.map((skill) => (
          <span class="chip" key={skill}>
            {skill.replaceAll("_", " ")}
          </span>
        ))}
        {order.offer && (
          <span class="chip free">
            {`Offered to ${order.offer.technician_name}`}
            <Countdown order={order} />
          </span>
        )}
      </div>
    </header>
  );
}

const UNDER_WAY: Partial<Record<WorkOrder["state"], string>> = {
  travelling: "is on the way",
  on_site: "is there",
  in_progress: "is working on it",
};

function Taken({ order }: { order: WorkOrder }) {
  const doing = UNDER_WAY[order.state] ?? "has it";
  const text = order.assignee
    ? `${order.assignee.name} ${doing}.`
    : `This order is ${order.state.replaceAll("_", " ")}.`;
  return (
    <p class="taken">
      <Icon name="check" />
      {text}
    </p>
  );
}
