import { useEffect, useRef } from "preact/hooks";
import type { WorkOrder } from "../../api/types";
import { usePage } from "../../frame/context";
import { ageSeconds } from "../../model/clock";
import { type Farewell, isTaken, type PendingGroup, shortAddress, waitingFor } from "../../model/pending";
import { duration } from "../../model/words";
import { moment } from "../../model/zone";
import { glyphOf, pin } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { Countdown } from "../../ui/Countdown";

/** Everything that waits, in three groups: what will not solve itself comes first. */
export function Pending() {
  const { desk, view } = usePage();
  const groups = desk.groups.value;
  return (
    <aside class="todo" aria-label="Pending">
      <header>
        <h1>Pending</h1>
        <span class="count">{desk.pendingCount.value}</span>
        <GroupChoice />
      </header>
      <div class="scroll">
        {groups.map((group) => (group.orders.length > 0 ? <Group key={group.bucket} group={group} /> : null))}
        {desk.loaded.value && desk.pendingCount.value === 0 && <p class="empty">Nothing waits.</p>}
        {!desk.loaded.value && !desk.problem.value && <p class="empty">Loading…</p>}
      </div>
      {view.letterKeys.value && !view.phone.value && <KeyHelp />}
    </aside>
  );
}

function KeyHelp() {
  return (
    <footer>
      <span>
        <kbd>J</kbd> <kbd>K</kbd> move
      </span>
      <span>
        <kbd>1</kbd>–<kbd>6</kbd> choose
      </span>
      <span>
        <kbd>V</kbd> view location
      </span>
    </footer>
  );
}

function GroupChoice() {
  const { desk } = usePage();
  if (desk.me.groups.length < 2) return null;
  return (
    <select
      class="btn"
      aria-label="Service group"
      value={desk.groupId.value}
      onChange={(event) => (desk.groupId.value = event.currentTarget.value)}
    >
      <option value="">All groups</option>
      {desk.me.groups.map((group) => (
        <option key={group.id} value={group.id}>
          {group.name}
        </option>
      ))}
    </select>
  );
}

function Group({ group }: { group: PendingGroup }) {
  const { desk } = usePage();
  const farewells = new Map(desk.farewells.value.map((each) => [each.from.id, each]));
  return (
    <section>
      <h2>
        {group.title} <span class="count soft">{group.orders.length}</span>
        <small>{group.hint}</small>
      </h2>
      <ul>
        {group.orders.map((order) => {
          const farewell = farewells.get(order.id);
          return farewell ? <Gone key={order.id} farewell={farewell} /> : <Row key={order.id} order={order} />;
        })}
      </ul>
    </section>
  );
}

function Row({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const row = useRef<HTMLButtonElement>(null);
  const selected = desk.selectedId.value === order.id;
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const zone = desk.zoneOf(order);
  const starts = order.bucket === "later" ? null : moment(Date.parse(order.slot.start), desk.now.value, zone);
  return (
    <li class="row">
      <button
        type="button"
        ref={row}
        class="wo"
        data-row
        aria-current={selected ? "true" : undefined}
        onClick={() => desk.select(order.id)}
      >
        <Symbol shapes={pin(order.kind, isTaken(order), glyphOf(order))} />
        <span class="ln">
          <span class="t">{order.title}</span>
          {order.offer && <Countdown order={order} />}
        </span>
        <span class="ln">
          <span class="d">{[order.number, starts, shortAddress(order.address)].filter(Boolean).join(" · ")}</span>
          {order.offer ? (
            <span class="why">{order.offer.technician_name}</span>
          ) : (
            <span class="why ask">{waitingFor(order, desk.now.value, zone)}</span>
          )}
        </span>
      </button>
    </li>
  );
}

/** A colleague took it: struck through for a few seconds, with who and when. */
function Gone({ farewell }: { farewell: Farewell }) {
  const { desk } = usePage();
  const { order, text, atMs } = farewell;
  const age = ageSeconds(new Date(atMs).toISOString(), desk.now.value) ?? 0;
  return (
    <li class="row">
      <div class="wo gone">
        <Symbol shapes={pin(order.kind, true, "check")} />
        <span class="ln">
          <s class="t">{order.title}</s>
          <span class="why">{`${duration(age)} ago`}</span>
        </span>
        <span class="ln">
          <span class="d">{text}</span>
        </span>
      </div>
    </li>
  );
}
