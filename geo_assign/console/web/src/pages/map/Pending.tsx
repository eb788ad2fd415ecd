import { useEffect, useRef } from "preact/hooks";
import type { WorkOrder } from "../../api/types";
import { usePage } from "../../frame/context";
import { setQuery } from "../../frame/router";
import { GROUP } from "../../frame/selection";
import { ageSeconds } from "../../model/clock";
import {
  type Farewell,
  isPending,
  isTaken,
  lateBy,
  type PendingGroup,
  shortAddress,
  waitingFor,
} from "../../model/pending";
import { duration } from "../../model/words";
import { glyphOf, pin } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/console";
import { Countdown } from "../../ui/Countdown";

/** Everything that waits, in three groups, and work whose technician is late: what will not solve itself comes first. */
export function Pending() {
  const { desk, view } = usePage();
  const words = texts.value.map;
  const groups = desk.groups.value;
  const rows = groups.some(({ orders }) => orders.length > 0);
  const late = desk.book.late.value;
  return (
    <>
      <div class="scroll">
        {late.length > 0 && <Late orders={late} />}
        {groups.map((group) => (group.orders.length > 0 ? <Group key={group.bucket} group={group} /> : null))}
        {desk.loaded.value && !rows && <p class="empty">{words.nothingWaits}</p>}
        {!desk.loaded.value && !desk.problem.value && <p class="empty">{texts.value.frame.loading}</p>}
      </div>
      {view.letterKeys.value && !view.phone.value && <KeyHelp />}
    </>
  );
}

function Late({ orders }: { orders: WorkOrder[] }) {
  return (
    <section>
      <h2>
        <span class="late">{texts.value.map.late}</span> <span class="count soft">{orders.length}</span>
      </h2>
      <ul>
        {orders.map((order) => (
          <Row key={order.id} order={order} />
        ))}
      </ul>
    </section>
  );
}

function KeyHelp() {
  return (
    <footer>
      <span>
        <kbd>J</kbd> <kbd>K</kbd> {texts.value.map.keys.move}
      </span>
      <span>
        <kbd>1</kbd>–<kbd>6</kbd> {texts.value.map.keys.choose}
      </span>
      <span>
        <kbd>V</kbd> {texts.value.map.keys.view}
      </span>
    </footer>
  );
}

export function GroupChoice() {
  const { desk } = usePage();
  if (desk.me.groups.length < 2) return null;
  return (
    <select
      class="btn"
      aria-label={texts.value.map.group}
      value={desk.groupId.value}
      onChange={(event) => setQuery({ [GROUP]: event.currentTarget.value || null })}
    >
      <option value="">{texts.value.map.allGroups}</option>
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
  const { title, hint } = headingOf(group.bucket);
  return (
    <section>
      <h2>
        {title} <span class="count soft">{group.count}</span>
        <small>{hint}</small>
      </h2>
      <ul>
        {group.orders.map((order) => {
          const farewell = isPending(desk.orders.value.get(order.id) ?? order) ? undefined : farewells.get(order.id);
          return farewell ? <Gone key={order.id} farewell={farewell} /> : <Row key={order.id} order={order} />;
        })}
      </ul>
    </section>
  );
}

function headingOf(bucket: PendingGroup["bucket"]) {
  const words = texts.value.map;
  if (bucket === "needs_you") return { title: words.needsYou, hint: words.oldestFirst };
  if (bucket === "being_offered") return { title: words.beingOffered, hint: words.byItself };
  return { title: words.later, hint: words.startByThemselves };
}

function Row({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const row = useRef<HTMLButtonElement>(null);
  const selected = desk.selectedId.value === order.id;
  useEffect(() => {
    if (selected) row.current?.scrollIntoView({ block: "nearest" });
  }, [selected]);
  const who = order.customer.name || order.number;
  const street = shortAddress(order.address);
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
          <span class="t">{`${who} · ${street}`}</span>
          {order.offer ? <Countdown order={order} /> : <span class="waited">{waited(order, desk.now.value)}</span>}
        </span>
        <span class="ln">
          <span class="d">
            {order.priority > 0 && (
              <b class="urgent" title={texts.value.panel.priority(order.priority)}>{`P${order.priority} · `}</b>
            )}
            {`${order.number} · ${order.title}`}
          </span>
          <Why order={order} />
        </span>
      </button>
    </li>
  );
}

/** What sets this row apart: an alarm, how late, who is asked, or why it waits. */
function Why({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const late = lateBy(order, desk.now.value);
  if (late > 0) return <span class="why late">{`${order.assignee?.name ?? ""} ${duration(late)}`}</span>;
  if (order.alarm && isPending(order)) {
    return (
      <span class="why late">
        <Icon name="warn" /> {waitingFor(order, desk.now.value, desk.zoneOf(order))}
      </span>
    );
  }
  if (order.offer) return <span class="why">{order.offer.technician_name}</span>;
  return <span class="why ask">{waitingFor(order, desk.now.value, desk.zoneOf(order))}</span>;
}

function waited(order: WorkOrder, nowMs: number): string {
  return order.bucket === "needs_you" ? duration(ageSeconds(order.created_at, nowMs) ?? 0) : "";
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
          <span class="why">{texts.value.map.ago(duration(age))}</span>
        </span>
        <span class="ln">
          <span class="d">{text}</span>
        </span>
      </div>
    </li>
  );
}
