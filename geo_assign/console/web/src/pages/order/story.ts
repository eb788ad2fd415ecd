/** The story of a work order: each event as a sentence, with who made it and when. */
import type { Destination, Ladder, OrderEvent } from "../../api/types";
import { distance } from "../../model/words";
import { clockTime, slotText } from "../../model/zone";
import type { IconName } from "../../symbols/Icon";
import type { ConsoleTexts } from "../../texts/console";
import { atMoment, type When } from "./model";

type Texts = ConsoleTexts["order"];
type Detail = OrderEvent["detail"];

export interface StoryLine {
  id: string;
  icon: IconName;
  /** With marks of `strong` around what is bold. */
  text: string;
  detail: string;
  when: string;
  at: string;
}

/** The names that events give by id alone. */
export interface Names {
  technicians: ReadonlyMap<string, string>;
  stores: ReadonlyMap<string, string>;
  groups: ReadonlyMap<string, string>;
}

/** Names by id, from everything that was read. */
export function namesFrom(
  events: readonly OrderEvent[],
  ladder: Ladder | null,
  destinations: readonly Destination[],
  stays: readonly { group_id: string; group_name: string }[],
): Names {
  const technicians = new Map<string, string>();
  for (const rung of ladder?.rungs ?? []) technicians.set(rung.technician_id, rung.name);
  for (const { detail } of events) {
    if (detail.technician_id && detail.technician_name) technicians.set(detail.technician_id, detail.technician_name);
  }
  const groups = new Map(destinations.flatMap((store) => store.groups.map((group) => [group.id, group.name] as const)));
  for (const stay of stays) groups.set(stay.group_id, stay.group_name);
  return { technicians, groups, stores: new Map(destinations.map((store) => [store.id, store.name])) };
}

interface Told {
  icon: IconName;
  text: string;
  detail?: string;
}

interface Telling {
  event: OrderEvent;
  detail: Detail;
  name: string;
  texts: Texts;
  names: Names;
  when: When;
}

const joined = (...parts: (string | null | undefined | false)[]) => parts.filter(Boolean).join(" · ");
const quoted = (text: string | null | undefined) => (text?.trim() ? `“${text.trim()}”` : "");

const TELLERS: Record<OrderEvent["kind"], (telling: Telling) => Told> = {
  created: ({ detail, texts }) => ({ icon: "plus", text: detail.lead_id ? texts.story.fromLead : texts.story.created }),
  located: ({ detail, texts }) => ({
    icon: "pin",
    text: detail.moved_m == null ? texts.story.located : texts.story.moved(distance(detail.moved_m)),
    detail: detail.distance_m == null ? "" : texts.story.distance(distance(detail.distance_m)),
  }),
  offered: ({ detail, name, texts, when }) => ({
    icon: "clock",
    text: texts.story.offered(name),
    detail: joined(
      detail.distance_m != null && texts.story.distance(distance(detail.distance_m)),
      detail.expires_at && texts.story.until(clockTime(Date.parse(detail.expires_at), when.zone)),
    ),
  }),
  assigned: ({ event, detail, name, texts }) => ({
    icon: "check",
    text: event.actor.kind === "technician" ? texts.story.accepted(name) : texts.story.assigned(name),
    detail: detail.distance_m == null ? "" : texts.story.distance(distance(detail.distance_m)),
  }),
  rejected: ({ detail, name, texts }) => ({
    icon: "no",
    text: texts.story.rejected(name),
    detail: joined(texts.rejectReasons[detail.reason ?? ""], quoted(detail.note)),
  }),
  offer_expired: ({ name, texts }) => ({ icon: "clock", text: texts.story.expired(name) }),
  offer_withdrawn: ({ detail, name, texts }) => ({
    icon: "left",
    text: texts.story.withdrawn(name),
    detail: texts.withdrawnReasons[detail.reason ?? ""] ?? "",
  }),
  unassigned: ({ detail, name, texts }) => ({
    icon: "left",
    text: detail.technician_id ? texts.story.unassigned(name) : texts.story.unassignedNone,
    detail: joined(
      texts.withdrawnReasons[detail.reason ?? ""] ?? quoted(detail.reason),
      detail.forced && texts.story.forced,
    ),
  }),
  transferred: ({ detail, texts, names }) => ({
    icon: "swap",
    text: texts.story.transferred(names.stores.get(detail.to_store_id ?? "") ?? texts.story.elsewhere),
    detail: joined(quoted(detail.note), detail.forced && texts.story.forced),
  }),
  group_changed: (telling) =>
    movedGroup(telling, telling.detail.rejected ? telling.texts.story.groupBack : telling.texts.story.group),
  group_rejected: (telling) => movedGroup(telling, telling.texts.story.groupBack),
  converted: ({ texts }) => ({ icon: "doc", text: texts.story.converted }),
  cancelled: ({ detail, texts }) => ({ icon: "no", text: texts.story.cancelled, detail: quoted(detail.reason) }),
  status_changed: ({ event, detail, texts }) => ({
    icon: event.state === "completed" ? "check" : "route",
    text: texts.story.status[event.state] ?? event.state,
    detail: quoted(detail.note),
  }),
  pending: ({ detail, texts }) => ({
    icon: "clock",
    text: texts.pending[detail.reason ?? ""]?.[0] ?? texts.story.pending,
    detail: detail.detail ?? "",
  }),
  exhausted: ({ detail, texts }) => ({ icon: "warn", text: texts.story.exhausted(detail.asked ?? 0) }),
  changed: ({ detail, texts }) => ({
    icon: "doc",
    text: changedText(detail, texts),
    detail: detail.address_problem ?? "",
  }),
  rescheduled: ({ detail, texts, when }) => ({
    icon: "clock",
    text: detail.to ? texts.story.rescheduled(slotText(detail.to, when.nowMs, when.zone)) : texts.story.rescheduled(""),
    detail: detail.from ? texts.story.was(slotText(detail.from, when.nowMs, when.zone)) : "",
  }),
  crew_changed: ({ detail, texts }) => ({ icon: "user", text: crewText(detail, texts) }),
  alarm_raised: ({ detail, texts }) => ({
    icon: "bell",
    text: texts.story.alarm(texts.alarms[detail.alarm ?? ""] ?? ""),
  }),
  alarm_cleared: ({ detail, texts }) => ({
    icon: "check",
    text: texts.story.alarmCleared(texts.alarms[detail.alarm ?? ""] ?? ""),
  }),
};

function movedGroup({ detail, texts, names }: Telling, say: (group: string) => string): Told {
  const group = names.groups.get(detail.to_group_id ?? "") ?? texts.story.otherGroup;
  return { icon: "swap", text: say(group), detail: joined(quoted(detail.note), detail.forced && texts.story.forced) };
}

function changedText(detail: Detail, texts: Texts): string {
  if (detail.erased) return texts.story.erased;
  if (detail.address_problem && !detail.fields?.length) return texts.story.address;
  return texts.story.changed((detail.fields ?? []).map((field) => texts.fields[field] ?? field).join(", "));
}

function crewText(detail: Detail, texts: Texts): string {
  const list = (people: { name: string }[]) => people.map(({ name }) => name).join(", ");
  const joins = detail.joined?.length ? texts.story.crewJoined(list(detail.joined)) : "";
  const leaves = detail.left?.length ? texts.story.crewLeft(list(detail.left)) : "";
  return joined(joins, leaves) || texts.story.crew;
}

/** The events as lines, newest first. */
export function storyOf(events: readonly OrderEvent[], names: Names, texts: Texts, when: When): StoryLine[] {
  return events.map((event) => lineOf(event, names, texts, when)).reverse();
}

function lineOf(event: OrderEvent, names: Names, texts: Texts, when: When): StoryLine {
  const { detail } = event;
  const name = detail.technician_name ?? names.technicians.get(detail.technician_id ?? "") ?? texts.story.unknown;
  const told = TELLERS[event.kind]({ event, detail, name, texts, names, when });
  return {
    id: event.id,
    icon: told.icon,
    text: told.text,
    detail: joined(told.detail, whoDid(event, name, texts)),
    when: atMoment(event.at, when),
    at: event.at,
  };
}

/** By whom, unless the sentence has said so. */
function whoDid({ actor }: OrderEvent, name: string, texts: Texts): string {
  if (actor.kind === "system") return texts.story.byItself;
  return actor.name === name ? "" : texts.story.by(actor.name);
}
