/** What the page of a work order says and allows, computed from what the service answers. */

import type { Actor, GroupStay, Ladder, OrderDetail, OrderState, Rung, WorkOrder } from "../../api/types";
import { remaining } from "../../model/clock";
import { isFinished, isTaken } from "../../model/pending";
import { distance, duration, firstName } from "../../model/words";
import { clockTime, moment, slotText } from "../../model/zone";
import type { ConsoleTexts } from "../../texts/console";

type Texts = ConsoleTexts["order"];

/** The reader's clock and the store's zone: what every sentence with a time needs. */
export interface When {
  nowMs: number;
  zone: string;
}

export interface Situation {
  title: string;
  /** What happens by itself, or that nothing does. */
  next: string;
}

const UNDER_WAY: ReadonlySet<OrderState> = new Set(["travelling", "on_site", "in_progress"]);

export const isUnderWay = (order: { state: OrderState }): boolean => UNDER_WAY.has(order.state);

/** The technician who would be asked next, and is not asked yet. */
export function nextRung(ladder: Ladder | null): Rung | null {
  return ladder?.rungs.find((rung) => rung.outcome === "planned") ?? null;
}

/** The state as a sentence, and what happens by itself. */
export function situationOf(order: WorkOrder, ladder: Ladder | null, texts: Texts, when: When): Situation {
  const { now } = texts;
  const name = order.assignee ? order.assignee.name : texts.story.unknown;
  if (order.offer) return offered(order, ladder, texts, when);
  switch (order.state) {
    case "new":
      return { title: now.new, next: now.newNext };
    case "assigned":
      return order.bucket === "needs_you"
        ? { title: now.impossible(name), next: now.impossibleNext }
        : { title: now.has(name), next: now.hasNext(slotText(order.slot, when.nowMs, when.zone)) };
    case "travelling":
      return { title: now.travelling(name), next: now.underWayNext };
    case "on_site":
      return { title: now.onSite(name), next: now.underWayNext };
    case "in_progress":
      return { title: now.working(name), next: now.underWayNext };
    case "completed":
      return { title: now.completed(name), next: now.completedNext(atMoment(order.updated_at, when)) };
    case "cancelled":
      return {
        title: now.cancelled,
        next: now.cancelledNext(atMoment(order.updated_at, when), actorName(order.changed_by, texts)),
      };
    case "converted":
      return { title: now.converted, next: now.convertedNext };
    default:
      return waiting(order, texts, when);
  }
}

function offered(order: WorkOrder, ladder: Ladder | null, texts: Texts, when: When): Situation {
  const { now } = texts;
  const offer = order.offer as NonNullable<WorkOrder["offer"]>;
  const title = order.offers.length > 1 ? now.askedMany(order.offers.length) : now.asked(offer.technician_name);
  return { title, next: `${now.left(remaining(offer, when.nowMs).text)} ${whatFollows(ladder, texts, when)}` };
}

function whatFollows(ladder: Ladder | null, { now }: Texts, when: When): string {
  const next = nextRung(ladder);
  if (!ladder?.by_itself) return now.byHandNext;
  if (next) return now.nextAsked(firstName(next.name));
  return ladder.end?.then === "alarm" ? now.alarmNext(clockTime(Date.parse(ladder.end.at), when.zone)) : now.noneNext;
}

function waiting(order: WorkOrder, texts: Texts, when: When): Situation {
  const [title, next] = texts.pending[order.pending_reason ?? ""] ?? [texts.now.new, texts.now.newNext];
  const detail = order.pending_detail;
  const more = [
    order.pending_reason === "suggested" && detail?.technician_name ? texts.suggestion(detail.technician_name) : "",
    detail?.until ? texts.matchedAt(clockTime(Date.parse(detail.until), when.zone)) : "",
    detail?.detail ?? "",
  ];
  return { title, next: [next, ...more].filter(Boolean).join(" ") };
}

export const atMoment = (iso: string, { nowMs, zone }: When): string => moment(Date.parse(iso), nowMs, zone);

/** Who did something, as the page names it; automation is "the service". */
export function actorName(actor: Actor, texts: Texts): string {
  return actor.kind === "system" ? texts.problem.automation : actor.name;
}

export interface LadderStep {
  key: string;
  kind: "done" | "yes" | "current" | "planned" | "end";
  name: string;
  /** `until 14:38`, `no at 14:28`. */
  when: string;
  detail: string;
  /** How much of the time to answer is over, 0 to 1, of the offer that runs. */
  passed: number;
  alarm: boolean;
}

/** The ladder with its end as the last step. */
export function ladderSteps(ladder: Ladder, slotStart: string, texts: Texts, when: When): LadderStep[] {
  const steps = ladder.rungs.map((rung, index) => rungStep(rung, index, ladder, texts, when));
  if (ladder.end && ladder.rungs.length > 0) steps.push(endStep(ladder.end, slotStart, texts, when));
  return steps;
}

function rungStep(rung: Rung, index: number, ladder: Ladder, { ladder: words }: Texts, when: When): LadderStep {
  const at = clockTime(Date.parse(rung.until), when.zone);
  const says: Record<Rung["outcome"], string> = {
    accepted: words.yes(at),
    rejected: words.no(at),
    expired: words.silent(at),
    withdrawn: words.withdrawn(at),
    offered: words.until(at),
    planned: words.until(at),
  };
  const started = Date.parse(rung.starts_at);
  const whole = Math.max(1, Date.parse(rung.until) - started);
  return {
    key: `${rung.technician_id}-${index}`,
    kind: kindOf(rung.outcome),
    name: rung.name,
    when: says[rung.outcome],
    detail: detailOf(rung, ladder, words),
    passed: Math.min(1, Math.max(0, (when.nowMs - started) / whole)),
    alarm: false,
  };
}

function kindOf(outcome: Rung["outcome"]): LadderStep["kind"] {
  if (outcome === "planned") return "planned";
  if (outcome === "offered") return "current";
  return outcome === "accepted" ? "yes" : "done";
}

function detailOf(rung: Rung, ladder: Ladder, words: Texts["ladder"]): string {
  const far = rung.distance_m === null ? "" : words.away(distance(rung.distance_m));
  const asked = rung.outcome === "planned" && !ladder.by_itself ? words.ifAsked : "";
  return [far, asked].filter(Boolean).join(", ");
}

function endStep(end: NonNullable<Ladder["end"]>, slotStart: string, { ladder: words }: Texts, when: When): LadderStep {
  const gap = Math.round((Date.parse(slotStart) - Date.parse(end.at)) / 1000);
  const alarm = end.then === "alarm";
  return {
    key: "end",
    kind: "end",
    name: alarm ? words.alarm : words.noneLeft,
    when: words.at(clockTime(Date.parse(end.at), when.zone)),
    detail: gap >= 0 ? words.before(duration(gap)) : words.after(duration(-gap)),
    passed: 0,
    alarm,
  };
}

export interface Stay {
  key: string;
  name: string;
  text: string;
  current: boolean;
  /** Its part of the whole time, in per cent. */
  share: number;
}

/** One bar per group, with its minutes; the total goes on. */
export function groupTrail(stays: readonly GroupStay[], texts: Texts, when: When): { total: string; stays: Stay[] } {
  const spans = stays.map((stay) => ({
    stay,
    ms: Math.max(0, (stay.left_at ? Date.parse(stay.left_at) : when.nowMs) - Date.parse(stay.entered_at)),
  }));
  const whole = spans.reduce((sum, { ms }) => sum + ms, 0);
  const shown = spans.map(({ stay, ms }, index) => {
    const from = atMoment(stay.entered_at, when);
    const time = duration(Math.round(ms / 1000));
    const text = stay.left_at
      ? texts.groups.span(from, atMoment(stay.left_at, when), time)
      : texts.groups.since(from, time);
    return {
      key: `${stay.group_id}-${index}`,
      name: stay.group_name,
      text,
      current: stay.left_at === null,
      share: whole ? Math.round((ms / whole) * 100) : 0,
    };
  });
  return { total: texts.groups.total(duration(Math.round(whole / 1000))), stays: shown };
}

/** The group that sent the order to where it is now. */
export function senderGroup(order: OrderDetail): GroupStay | null {
  const open = order.group_stays.findIndex((stay) => stay.left_at === null);
  return open > 0 ? (order.group_stays[open - 1] ?? null) : null;
}

/** Whether a dispatcher can still do something with it. */
export const isOver = (order: WorkOrder): boolean => isFinished(order);
export const hasTechnician = (order: WorkOrder): boolean => isTaken(order);
