import type { OrderDetail, Rung } from "../../api/types";
import { usePage } from "../../frame/context";
import { hrefOf } from "../../frame/router";
import { firstName } from "../../model/words";
import { useOrderState, useWhen, words } from "./context";
import { LadderAhead } from "./LadderAhead";
import { hasTechnician, isOver, isUnderWay, nextRung, situationOf } from "./model";

/** The state as a sentence, what happens by itself, and what may be done at once. */
export function Now({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const when = useWhen(order);
  const ladder = state.ladder.value;
  const { title, next } = situationOf(order, ladder, words(), when);
  return (
    <section class="box now" aria-labelledby="now-title">
      <div class="say">
        <h2 id="now-title">{title}</h2>
        <p>{next}</p>
        <TicketLink />
      </div>
      <FirstActions order={order} />
      {ladder && ladder.rungs.length > 0 && <LadderAhead ladder={ladder} order={order} />}
    </section>
  );
}

/** From a converted lead to the ticket that goes on. */
function TicketLink() {
  const converted = useOrderState().events.value.find(({ kind }) => kind === "converted");
  const ticketId = converted?.detail.ticket_id;
  return ticketId ? (
    <a class="lnk" href={hrefOf("order", { wo: ticketId })}>
      {words().now.openTicket}
    </a>
  ) : null;
}

/** The first actions: one of them is the filled button. On a phone they stand at the bottom of the screen. */
export function FirstActions({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  if (isOver(order)) return null;
  const next = nextRung(state.ladder.value);
  return (
    <div class="do">
      {order.offer ? (
        <WhileOffered order={order} next={next} />
      ) : hasTechnician(order) ? (
        <WhileTaken order={order} />
      ) : (
        <WhileWaiting order={order} next={next} />
      )}
    </div>
  );
}

interface Props {
  order: OrderDetail;
  next: Rung | null;
}

function WhileOffered({ order, next }: Props) {
  const state = useOrderState();
  const { act } = words();
  const offer = order.offer;
  if (!offer) return null;
  return (
    <>
      <Do
        primary
        shortcut="A"
        label={act.acceptFor(firstName(offer.technician_name))}
        run={() => state.assign(offer.technician_id, "assign")}
      />
      {next && (
        <Do
          shortcut="S"
          label={act.askNext(firstName(next.name))}
          run={() => state.assign(next.technician_id, "offer")}
        />
      )}
      <Assign />
    </>
  );
}

function WhileWaiting({ order, next }: Props) {
  const state = useOrderState();
  const { client } = usePage();
  const { act } = words();
  const findNow = () =>
    state.act(
      async ({ id }) => (await client.api.POST("/v1/work-orders/{id}/auto-assign", { params: { path: { id } } })).data,
    );
  if (!order.location) {
    return (
      <>
        <a class="btn pri" href={hrefOf("", { wo: order.id })}>
          {act.dropPin}
        </a>
        <Assign />
      </>
    );
  }
  return (
    <>
      {next ? (
        <Do
          primary
          shortcut="A"
          label={act.ask(firstName(next.name))}
          run={() => state.assign(next.technician_id, "offer")}
        />
      ) : (
        <Do primary shortcut="A" label={act.findNow} run={findNow} />
      )}
      <Assign />
    </>
  );
}

function WhileTaken({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { act } = words();
  if (isUnderWay(order)) return null;
  return (
    <button
      type="button"
      class="btn"
      aria-expanded={state.form.value === "reallocate"}
      data-shortcut="G"
      onClick={() => toggle(state, "reallocate")}
    >
      {act.reallocate} <Key name="G" />
    </button>
  );
}

function Assign() {
  const state = useOrderState();
  return (
    <button
      type="button"
      class="btn"
      aria-expanded={state.form.value === "assign"}
      data-shortcut="G"
      onClick={() => toggle(state, "assign")}
    >
      {words().act.assignTo} <Key name="G" />
    </button>
  );
}

/** Open a form, or close it when it is open. */
export function toggle(
  state: ReturnType<typeof useOrderState>,
  form: NonNullable<ReturnType<typeof useOrderState>["form"]["value"]>,
): void {
  state.form.value = state.form.peek() === form ? null : form;
}

interface DoProps {
  label: string;
  shortcut: string;
  primary?: boolean;
  run: () => Promise<boolean>;
}

function Do({ label, shortcut, primary = false, run }: DoProps) {
  const state = useOrderState();
  const { desk } = usePage();
  return (
    <button
      type="button"
      class={primary ? "btn pri" : "btn"}
      disabled={state.busy.value || desk.cut.value}
      data-shortcut={shortcut}
      onClick={() => void run()}
    >
      {state.busy.value && primary ? words().busy : label} <Key name={shortcut} />
    </button>
  );
}

/** The key of an action, beside its name; the name alone is read out. */
export function Key({ name }: { name: string }) {
  const { view } = usePage();
  return view.letterKeys.value && !view.phone.value ? <kbd aria-hidden="true">{name}</kbd> : null;
}
