import type { OrderFeature } from "../../../api/types";
import { usePage } from "../../../frame/context";
import { isTaken } from "../../../model/pending";
import { clockTime, slotText } from "../../../model/zone";
import { glyphOf, pin } from "../../../symbols/drawings";
import { Symbol } from "../../../symbols/Symbol";
import { texts } from "../../../texts/console";
import { groupedThen, type PastBucket } from "./model";

/** The work of then, in the groups that it was in. */
export function PastList() {
  const { desk, view } = usePage();
  const words = texts.value.past;
  desk.moves.value;
  const groups = groupedThen(desk.fleet.pins.values());
  const Column = view.phone.value ? "main" : "aside";
  return (
    <Column class="todo" aria-label={words.work}>
      <header>
        <h1>{words.work}</h1>
        <span class="count">{desk.fleet.pins.size}</span>
      </header>
      <div class="scroll">
        {groups.length === 0 && (
          <p class="empty">{desk.past.loading.value ? texts.value.frame.loading : words.noWork}</p>
        )}
        {groups.map(({ bucket, orders }) => (
          <section key={bucket}>
            <h2>
              {nameOf(bucket)} <span class="count soft">{orders.length}</span>
            </h2>
            <ul>
              {orders.map((order) => (
                <Row key={order.id} order={order} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Column>
  );
}

function nameOf(bucket: PastBucket): string {
  const { needsYou, beingOffered, later } = texts.value.map;
  return { needs_you: needsYou, being_offered: beingOffered, later, taken: texts.value.past.taken }[bucket];
}

function Row({ order: { id, properties } }: { order: OrderFeature }) {
  const { desk } = usePage();
  const selected = desk.selectedId.value === id;
  const zone = desk.zoneOf(null);
  const who = properties.offer?.technician_name ?? properties.assignee?.name ?? "";
  return (
    <li class="row">
      <button
        type="button"
        class="wo"
        aria-current={selected ? "true" : undefined}
        onClick={() => desk.select(selected ? null : id)}
      >
        <Symbol shapes={pin(properties.order_kind, isTaken(properties), glyphOf(properties))} />
        <span class="ln">
          <span class="t">{properties.title}</span>
          <span class="waited">{clockTime(Date.parse(properties.slot.start), zone)}</span>
        </span>
        <span class="ln">
          <span class="d">{`${properties.number} · ${slotText(properties.slot, desk.now.value, zone)}`}</span>
          <span class="why">{who}</span>
        </span>
      </button>
    </li>
  );
}
