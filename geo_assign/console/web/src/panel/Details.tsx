import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { WorkOrder } from "../api/types";
import { type Page, usePage } from "../frame/context";
import { ageSeconds } from "../model/clock";
import { type Decline, declinesOf } from "../model/declines";
import { lateBy } from "../model/pending";
import { duration } from "../model/words";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { LearnedPins } from "../ui/LearnedPins";

/** What a call to the customer needs, and what stands in the way of this order. */
export function Details({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const words = texts.value.panel;
  const { phone, phone_e164 } = order.customer;
  const device = [order.device.type, order.device.brand, order.device.model].filter(Boolean).join(" · ");
  const late = lateBy(order, desk.now.value);
  return (
    <div class="details">
      {order.alarm && <Alarm text={words.alarms[order.alarm.code]} />}
      {late > 0 && <Alarm text={words.late(duration(late))} />}
      {phone && (
        <a class="phone" href={`tel:${phone_e164 ?? phone.replace(/[^\d+]/g, "")}`} aria-label={words.call(phone)}>
          <Icon name="phone" />
          {phone}
        </a>
      )}
      <dl>
        {device && <Fact name={words.device} text={device} />}
        {order.device.issue && <Fact name={words.issue} text={order.device.issue} />}
        {order.notes && <Fact name={words.notes} text={order.notes} />}
      </dl>
      <LearnedPins key={`${order.id} pins`} order={order} />
      <SaidNo key={order.id} order={order} />
    </div>
  );
}

function Alarm({ text }: { text: string }) {
  return (
    <p class="alarm">
      <Icon name="warn" />
      {text}
    </p>
  );
}

function Fact({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

const AFTER_MS = 400;

/** Who was asked and did not take it. */
function SaidNo({ order }: { order: WorkOrder }) {
  const page = usePage();
  const declines = useSignal<Decline[]>([]);
  useEffect(() => {
    // Not for an order that is only passed by.
    const waiting = setTimeout(() => {
      page.client.history(order.id).then(
        (events) => (declines.value = declinesOf(events)),
        () => undefined,
      );
    }, AFTER_MS);
    return () => clearTimeout(waiting);
  }, [order.id, order.version]);
  if (declines.value.length === 0) return null;
  return (
    <div class="said-no">
      <h3>{texts.value.panel.saidNo}</h3>
      <ul>
        {declines.value.map((each) => (
          <li key={each.id}>{sentence(page, each)}</li>
        ))}
      </ul>
    </div>
  );
}

function sentence({ desk }: Page, { technicianId, name, how, reason, at }: Decline): string {
  const words = texts.value.panel;
  const { candidates, excluded } = desk.question.ranking.value?.answer ?? { candidates: [], excluded: [] };
  const known = [...candidates, ...excluded].find((each) => each.technician_id === technicianId)?.name;
  const who = name ?? known ?? desk.fleet.technicians.get(technicianId)?.properties.name ?? "?";
  const why = how === "rejected" ? words.rejected(reason?.replaceAll("_", " ") ?? "") : words.expired;
  return words.declined(who, why, words.ago(duration(ageSeconds(at, desk.now.value) ?? 0)));
}
