import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { setQuery } from "../../frame/router";
import { ageSeconds } from "../../model/clock";
import { isPending, isTaken } from "../../model/pending";
import { duration } from "../../model/words";
import { slotText } from "../../model/zone";
import { glyphOf, pin } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { useOrderState, useWhen, words } from "./context";
import { atMoment, type When } from "./model";
import { Key, toggle } from "./Now";

/** What the order is, where it stands in the list, and its two ways out. */
export function Head({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const when = useWhen(order);
  const texts = words();
  const saidNo =
    state.ladder.value?.rungs.filter(({ outcome }) => outcome === "rejected" || outcome === "expired").length ?? 0;
  return (
    <header class="hd2">
      <button
        type="button"
        class="icon-button"
        aria-label={texts.back}
        data-shortcut="Escape"
        onClick={() => history.back()}
      >
        <Icon name="left" />
      </button>
      <Symbol shapes={pin(order.kind, isTaken(order), glyphOf(order))} />
      <div class="ttl">
        <h1>{order.title}</h1>
        <p>{[order.number, texts.kind[order.kind], ageText(order, when)].join(" · ")}</p>
      </div>
      <div class="chips">
        <span class="chip">
          <Icon name="clock" />
          {slotText(order.slot, when.nowMs, when.zone)}
        </span>
        <GroupChip order={order} />
        {order.priority !== 0 && <span class="chip">{texts.priority(order.priority)}</span>}
        {saidNo > 0 && (
          <span class="chip danger">
            <Icon name="warn" />
            {texts.saidNo(saidNo)}
          </span>
        )}
        {order.alarm && (
          <span class="chip danger">
            <Icon name="bell" />
            {texts.alarms[order.alarm.code]}
          </span>
        )}
      </div>
      <Neighbours order={order} />
      <button
        type="button"
        class="btn"
        aria-expanded={state.form.value === "link"}
        onClick={() => toggle(state, "link")}
      >
        {texts.customerLink}
      </button>
      {order.bucket !== "closed" && (
        <button
          type="button"
          class="btn"
          aria-expanded={state.form.value === "edit"}
          data-shortcut="E"
          onClick={() => toggle(state, "edit")}
        >
          {texts.edit} <Key name="E" />
        </button>
      )}
    </header>
  );
}

function ageText(order: OrderDetail, when: When): string {
  const texts = words();
  if (!isPending(order)) return texts.created(atMoment(order.created_at, when));
  return texts.waiting(duration(ageSeconds(order.created_at, when.nowMs) ?? 0));
}

function GroupChip({ order }: { order: OrderDetail }) {
  const stay = order.group_stays.find(({ left_at }) => left_at === null);
  return stay ? <span class="chip">{stay.group_name}</span> : null;
}

/** Its place among what is pending, and the ways to the ones beside it. */
function Neighbours({ order }: { order: OrderDetail }) {
  const { desk } = usePage();
  const texts = words();
  const ids = desk.groups.value.flatMap((group) => group.orders.map(({ id }) => id));
  const at = ids.indexOf(order.id);
  if (at < 0) return <span class="sp" />;
  const open = (id: string | undefined) => id && setQuery({ wo: id }, { replace: true });
  return (
    <div class="pos">
      <span>{texts.position(at + 1, ids.length)}</span>
      <button
        type="button"
        class="icon-button"
        aria-label={texts.previous}
        disabled={at === 0}
        data-shortcut="K"
        onClick={() => open(ids[at - 1])}
      >
        <Icon name="left" />
      </button>
      <button
        type="button"
        class="icon-button"
        aria-label={texts.next}
        disabled={at === ids.length - 1}
        data-shortcut="J"
        onClick={() => open(ids[at + 1])}
      >
        <Icon name="right" />
      </button>
    </div>
  );
}
