import "./style.css";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { OrderKind } from "../../api/types";
import { usePage } from "../../frame/context";
import { go, queryValue, setQuery } from "../../frame/router";
import { clockTime } from "../../model/zone";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { CustomerFields } from "./CustomerFields";
import { DeviceFields } from "./DeviceFields";
import { PlaceFields } from "./PlaceFields";
import { SlotFields } from "./SlotFields";
import { NewOrder } from "./state";
import { WhoFields } from "./WhoFields";

/** What another page may give along in the address: time, technician and store of a place on the board. */
const GIVEN = ["new_start", "new_end", "new_technician", "new_store"] as const;
const KINDS: OrderKind[] = ["lead", "ticket"];

const kindOf = (text: string | null): OrderKind => (text === "ticket" ? "ticket" : "lead");

function close(): void {
  setQuery({ new: null, ...Object.fromEntries(GIVEN.map((key) => [key, null])) });
}

/** A new lead or ticket in one panel beside whatever page is open. */
export default function NewPanel() {
  const order = useNewOrder();
  const panel = useRef<HTMLFormElement>(null);
  const create = useCreate(order);
  useEffect(() => panel.current?.querySelector<HTMLElement>("[data-autofocus]")?.focus(), []);
  const pressed = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void create(true);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    void create(true);
  };
  return (
    <form
      ref={panel}
      class="new-panel card"
      aria-label={texts.value.create.title}
      noValidate
      onKeyDown={pressed}
      onSubmit={submit}
    >
      <Head order={order} />
      <div class="fields">
        <CustomerFields order={order} />
        <PlaceFields order={order} />
        <DeviceFields order={order} />
        <SlotFields order={order} />
        <WhoFields order={order} />
      </div>
      <Foot order={order} createOnly={() => void create(false)} />
    </form>
  );
}

function useNewOrder(): NewOrder {
  const { client, desk } = usePage();
  const order = useMemo(() => {
    const typedSlot = queryValue("new_start") ?? "";
    const slotTechnician = desk.findPerson(queryValue("new_technician") ?? "");
    const store = desk.me.stores.find(({ id }) => id === queryValue("new_store"));
    const given = {
      ...(typedSlot ? { typedSlot, typedEnd: queryValue("new_end") ?? "", slot: null } : {}),
      ...(store ? { storeId: store.id } : {}),
    };
    const chosen = slotTechnician ? { slotTechnician, assignment: "suggested" as const } : {};
    return new NewOrder(client, desk, kindOf(queryValue("new")), { ...given, ...chosen });
  }, [desk]);
  useEffect(() => () => order.stop(), [order]);
  return order;
}

/** Create what was typed; then it opens, on the map where the technician is to be chosen there. */
function useCreate(order: NewOrder): (assign: boolean) => Promise<void> {
  const { desk } = usePage();
  return async (assign) => {
    const { assignment } = order.draft.peek();
    if (!order.check()) return;
    const made = await order.create({ assign: assign && assignment === "auto" });
    if (!made) return;
    desk.take(made);
    desk.announcement.value = texts.peek().create.created(made.number);
    if (assignment === "location") go("", { wo: made.id });
    else close();
    desk.select(made.id);
  };
}

function Head({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  const { kind } = order.draft.value;
  const keptAt = order.keptAt.value;
  const choose = (chosen: OrderKind) => {
    order.change({ kind: chosen });
    setQuery({ new: chosen }, { replace: true });
  };
  return (
    <div class="head">
      <h2>{words.title}</h2>
      <fieldset class="segments">
        <legend class="sr">{words.kind}</legend>
        {KINDS.map((each) => (
          <label key={each}>
            <input type="radio" name="kind" checked={kind === each} onChange={() => choose(each)} />
            {words[each]}
          </label>
        ))}
      </fieldset>
      {keptAt !== null && (
        <button type="button" class="link kept" title={words.discard} onClick={() => order.discard()}>
          <Icon name="check" />
          {words.kept(clockTime(keptAt, order.zone.value))}
          <span class="sr">. {words.discard}</span>
        </button>
      )}
      <button type="button" class="icon-button" aria-label={words.close} title={`${words.close} (Esc)`} onClick={close}>
        <Icon name="close" />
      </button>
    </div>
  );
}

function Foot({ order, createOnly }: { order: NewOrder; createOnly: () => void }) {
  const words = texts.value.create;
  const sending = order.sending.value;
  return (
    <div class="foot">
      <p class="field-problem" role="alert">
        {order.problem.value}
      </p>
      <button type="submit" class="btn pri" disabled={sending}>
        {sending ? words.creating : words.createAndOffer}
        {!sending && <kbd aria-hidden="true">Ctrl Enter</kbd>}
      </button>
      <button type="button" class="btn" disabled={sending} onClick={createOnly}>
        {words.createOnly}
      </button>
    </div>
  );
}
