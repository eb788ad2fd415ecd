import { usePage } from "../../frame/context";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import { Field } from "./Field";
import type { KnownCustomer } from "./model";
import type { NewOrder } from "./state";

/** Telephone first: a known number brings the name and the places along. */
export function CustomerFields({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  const known = order.known.value;
  return (
    <section aria-label={words.customer}>
      <div class="two">
        <Field order={order} name="phone" type="tel" label={words.phone} focused />
        <Field order={order} name="name" label={words.name} />
      </div>
      {known && <Known order={order} known={known} />}
      <Duplicate order={order} />
    </section>
  );
}

function Known({ order, known }: { order: NewOrder; known: KnownCustomer }) {
  const words = texts.value.create;
  const name = order.draft.value.name.trim();
  const place = known.places[0];
  const take = () => {
    const address = order.draft.peek().address
      ? {}
      : { address: place?.address ?? "", location: place?.location ?? null };
    order.change({ name: known.name, email: known.email ?? "", ...address });
  };
  return (
    <p class="note" role="status">
      <Icon name="check" />
      <span>
        <b>{words.knownCustomer}</b>
        {words.known(known.orders, known.firstYear)}
      </span>
      {name !== known.name && (
        <button type="button" class="link" onClick={take}>
          {words.take(known.name)}
        </button>
      )}
      <button type="button" class="link" onClick={() => (order.strangers.value = true)}>
        {words.stranger}
      </button>
    </p>
  );
}

/** The same customer already waits for that day: perhaps it is the same matter. It never stands in the way. */
function Duplicate({ order }: { order: NewOrder }) {
  const { desk } = usePage();
  const words = texts.value.create;
  const same = order.duplicate.value;
  if (!same) return null;
  return (
    <p class="note warn" role="status">
      <Icon name="warn" />
      <span>
        <b>{words.already}</b> {`${same.number}, ${same.title}`}
      </span>
      <button type="button" class="link" onClick={() => desk.select(same.id)}>
        {words.openIt}
      </button>
    </p>
  );
}
