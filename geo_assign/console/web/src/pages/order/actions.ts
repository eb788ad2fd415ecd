/** What may be done with a work order now. What cannot be done is there too, with why. */
import type { Destination, Me, OrderDetail } from "../../api/types";
import type { ConsoleTexts } from "../../texts/console";
import { hasTechnician, isOver, isUnderWay, senderGroup } from "./model";

type Texts = ConsoleTexts["order"];

export type ActionId =
  | "transfer"
  | "reassign"
  | "convert"
  | "reallocate"
  | "reschedule"
  | "reject"
  | "unassign"
  | "cancel";

export interface OrderAction {
  id: ActionId;
  label: string;
  hint: string;
  /** Its key, as it is printed. */
  key: string;
  /** Why it cannot be done now; empty where it can. */
  blocked: string;
  danger: boolean;
}

export interface Rights {
  reallocate: boolean;
  force: boolean;
}

/** Administrators have every permission; dispatchers those that they were given. */
export function rightsOf({ user }: Me): Rights {
  const all = user.role === "administrator" || user.role === "store_administrator";
  return {
    reallocate: all || user.permissions.includes("reallocate"),
    force: all || user.permissions.includes("force_travelling"),
  };
}

export interface ActionFacts {
  order: OrderDetail;
  rights: Rights;
  destinations: readonly Destination[];
}

/** Every action in the order of the page. */
export function actionsOf(facts: ActionFacts, texts: Texts): OrderAction[] {
  const { act } = texts;
  const { order } = facts;
  const sender = senderGroup(order);
  const current = order.group_stays.find((stay) => stay.left_at === null);
  const action = (id: ActionId, label: string, hint: string, key: string, danger = false): OrderAction => ({
    id,
    label,
    hint,
    key,
    blocked: blockedBy(id, facts, texts.blocked),
    danger,
  });
  return [
    action("transfer", act.transfer, act.transferHint, "T"),
    action("reassign", act.reassign, act.reassignHint, "B"),
    action("convert", act.convert, act.convertHint, "C"),
    action("reallocate", act.reallocateShort, act.reallocateHint, "Shift R"),
    action("reschedule", act.reschedule, act.rescheduleHint, "M"),
    action(
      "reject",
      act.rejectGroup(current?.group_name ?? act.group),
      sender ? act.rejectHint(sender.group_name) : "",
      "R",
    ),
    action("unassign", act.unassign, act.unassignHint, "Shift U"),
    action("cancel", act.cancel, act.cancelHint, "Del", true),
  ];
}

type Blocked = Texts["blocked"];

function blockedBy(id: ActionId, { order, rights, destinations }: ActionFacts, words: Blocked): string {
  if (isOver(order)) return words.closed;
  const underWay = isUnderWay(order);
  const forced = underWay && !rights.force ? words.underWayForce : "";
  const checks: Record<ActionId, string> = {
    transfer: destinations.some((store) => store.id !== order.store_id) ? forced : words.noOtherStore,
    reassign: destinations.some((store) => store.groups.some((group) => group.id !== order.group_id))
      ? forced
      : words.noOtherGroup,
    convert: order.kind === "lead" ? "" : words.notLead,
    reallocate: !hasTechnician(order) ? words.notTaken : !rights.reallocate ? words.noPermission : forced,
    reschedule: underWay ? words.underWay : "",
    reject: senderGroup(order) === null ? words.noSender : forced,
    unassign: underWay
      ? words.underWay
      : order.state === "assigned" || order.state === "offered"
        ? ""
        : words.noTechnician,
    cancel: "",
  };
  return checks[id];
}

/** `2026-11-30T16:15` in the store's zone, for a field of date and time: the service reads it as wall time there. */
export function wallTime(iso: string, zone: string): string {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const parts = Object.fromEntries(format.formatToParts(Date.parse(iso)).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}`;
}

/** The end that keeps the slot's length when its start moves, as wall time; empty when the start cannot be read. */
export function movedEnd(start: string, oldStart: string, oldEnd: string): string {
  const length = Date.parse(`${oldEnd}Z`) - Date.parse(`${oldStart}Z`);
  const end = Date.parse(`${start}Z`) + length;
  return Number.isNaN(end) ? "" : new Date(end).toISOString().slice(0, 16);
}
