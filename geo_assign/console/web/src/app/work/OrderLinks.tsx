import { texts } from "../../texts/app";
import { AppIcon } from "../AppIcon";
import type { WorkOrder } from "../today/day";
import { callLink, mapsOf, navigateLink } from "./links";

/** The way there and the customer's telephone; what is not known has no link. */
export function OrderLinks({ order }: { order: WorkOrder }) {
  const { today } = texts.value;
  const navigate = navigateLink({ location: order.location, address: order.address }, mapsOf(navigator.userAgent));
  const call = callLink(order.customer);
  return (
    <>
      <LinkOrNot href={navigate} icon="navigate" label={today.navigate} />
      <LinkOrNot href={call} icon="phone" label={today.call} />
    </>
  );
}

function LinkOrNot({ href, icon, label }: { href: string | null; icon: "navigate" | "phone"; label: string }) {
  const content = (
    <>
      <AppIcon name={icon} />
      {label}
    </>
  );
  if (href === null)
    return (
      <button type="button" class="btn" disabled>
        {content}
      </button>
    );
  const elsewhere = href.startsWith("https:") ? { target: "_blank", rel: "noreferrer" } : {};
  return (
    <a class="btn" href={href} {...elsewhere}>
      {content}
    </a>
  );
}
