import type { CompletionImage, OrderDetail } from "../../api/types";
import { hrefOf } from "../../frame/router";
import { Icon } from "../../symbols/Icon";
import { LearnedPins } from "../../ui/LearnedPins";
import { Box } from "./Box";
import { useOrderState, useWhen, words } from "./context";
import { actorName, atMoment, groupTrail } from "./model";
import { Key } from "./Now";
import { OrderMap } from "./OrderMap";

/** The customer: telephone first, then the place and how it is known. */
export function Customer({ order }: { order: OrderDetail }) {
  const { customer } = words();
  const history = useOrderState().history.value;
  const when = useWhen(order);
  const year =
    history &&
    new Intl.DateTimeFormat("en-GB", { year: "numeric", timeZone: when.zone }).format(Date.parse(history.since));
  return (
    <Box
      class="cust"
      title={order.customer.name || customer.title}
      hint={history && year && history.count > 1 ? customer.nth(history.count, year) : undefined}
    >
      <Telephone order={order} />
      {order.customer.email && (
        <a class="lnk" href={`mailto:${order.customer.email}`}>
          {order.customer.email}
        </a>
      )}
      <p class="ad">
        <Icon name="pin" />
        <span>
          {order.address ?? customer.noAddress}
          <small>{placeText(order)}</small>
        </span>
      </p>
      <LearnedPins order={order} />
      <div class="miniw">
        {order.location && <OrderMap order={order} />}
        <a class="btn vl" href={hrefOf("", { wo: order.id })} data-shortcut="V">
          {customer.viewLocation} <Key name="V" />
        </a>
      </div>
    </Box>
  );
}

function Telephone({ order }: { order: OrderDetail }) {
  const { customer } = words();
  const { phone, phone_e164 } = order.customer;
  if (!phone) return <p class="muted">{customer.noPhone}</p>;
  return (
    <a class="tel" href={`tel:${phone_e164 ?? phone.replace(/[^+\d]/g, "")}`}>
      <Icon name="phone" />
      <b>{phone}</b>
      <span>{customer.call}</span>
    </a>
  );
}

function placeText(order: OrderDetail): string {
  const { customer } = words();
  const place = order.location;
  if (!place) return customer.notLocated;
  const exact = place.source === "geocoded" ? customer.confidence[place.confidence ?? ""] : null;
  const how = place.learned ? customer.learned(place.learned.visits) : customer.located[place.source];
  return [how, exact].filter(Boolean).join(", ");
}

/** What is to be repaired, and what that needs. */
export function Device({ order }: { order: OrderDetail }) {
  const { device } = words();
  const { type, brand, model, issue } = order.device;
  const rows: [string, string | null | undefined][] = [
    [device.type, type],
    [device.model, [brand, model].filter(Boolean).join(" ")],
    [device.issue, issue],
    [device.skills, order.skills.join(", ").replaceAll("_", " ")],
    [device.referral, order.referral_source],
    [device.external, order.external_id],
  ];
  const known = rows.filter(([, value]) => value);
  return (
    <Box class="dev" title={device.title}>
      {known.length === 0 ? (
        <p class="muted">{device.none}</p>
      ) : (
        <dl>
          {known.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
    </Box>
  );
}

/** Notes of the order and of the technician, the photos and the customer's signature. */
export function Notes({ order }: { order: OrderDetail }) {
  const completion = useOrderState().completion.value;
  const { notes } = words();
  const when = useWhen(order);
  const done = completion?.completed_at && completion.completed_by;
  const images: [string, CompletionImage][] = (completion?.photos ?? []).map((photo, index) => [
    notes.photo(index + 1),
    photo,
  ]);
  if (completion?.signature) images.push([notes.signature, completion.signature]);
  const nothing = !order.notes && !completion?.note && images.length === 0;
  return (
    <Box class="nts" title={notes.title} hint={images.length > 0 ? notes.images(images.length) : undefined}>
      {nothing && <p class="muted">{notes.none}</p>}
      {order.notes && <p class="typed">{order.notes}</p>}
      {completion?.note && (
        <p class="typed">
          {completion.note}
          {done && <small>{notes.done(actorName(done, words()), atMoment(completion.completed_at ?? "", when))}</small>}
        </p>
      )}
      {images.length > 0 && (
        <ul class="ph">
          {images.map(([name, image]) => (
            <li key={image.id}>
              <a href={image.href} target="_blank" rel="noopener">
                <img src={image.href} alt={name} width={66} height={46} loading="lazy" />
              </a>
            </li>
          ))}
        </ul>
      )}
    </Box>
  );
}

/** Which groups looked after it, each with its time; the total goes on. */
export function GroupTrail({ order }: { order: OrderDetail }) {
  const { groups } = words();
  const trail = groupTrail(order.group_stays, words(), useWhen(order));
  return (
    <Box class="trail" title={groups.title} hint={trail.stays.length > 0 ? trail.total : undefined}>
      {trail.stays.length === 0 && <p class="muted">{groups.none}</p>}
      <ol>
        {trail.stays.map((stay) => (
          <li
            key={stay.key}
            class={stay.current ? "cur" : ""}
            ref={(item) => item?.style.setProperty("flex-grow", String(Math.max(12, stay.share)))}
          >
            <b>{stay.name}</b>
            <small>{stay.text}</small>
          </li>
        ))}
      </ol>
    </Box>
  );
}
