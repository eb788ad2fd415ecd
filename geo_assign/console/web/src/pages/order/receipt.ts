/** A receipt as sentences: who was looked at, who was chosen and from where, and why the others could not go. */
import type { Decision, WhyAnswer } from "../../api/types";
import { exclusionByCode } from "../../model/nearest";
import { distance, duration, travelTime } from "../../model/words";
import { clockTime } from "../../model/zone";
import type { ConsoleTexts } from "../../texts/console";
import type { When } from "./model";

type Texts = ConsoleTexts["order"];

export interface ReceiptSentences {
  title: string;
  sentences: string[];
}

/** At most three sentences. */
export function receiptOf(decision: Decision, texts: Texts): ReceiptSentences {
  const { receipt } = texts;
  const chosen = decision.candidates.find((each) => each.technician_id === decision.chosen_technician_id);
  const excludedName = decision.excluded.find((each) => each.technician_id === decision.chosen_technician_id)?.name;
  const name = chosen?.name ?? excludedName;
  const sentences = [lookedAt(decision, texts), chosenSentence(chosen, name, texts), rest(decision, texts)];
  return { title: name ? receipt.why(name) : receipt.whyNone, sentences: sentences.filter(Boolean) };
}

function lookedAt(decision: Decision, { receipt }: Texts): string {
  const { examined, can, cannot, others } = lookedAtCounts(decision);
  const elsewhere = others > 0 ? receipt.ofOthers[decision.counts.of ?? "scope"](others) : "";
  return `${receipt.seen(examined, distance(decision.policy.radius_m).replace(".0", ""))} ${receipt.could(can, cannot, elsewhere)}`;
}

/** Who could go, who could not and who belongs elsewhere make up all who were looked at. */
export function lookedAtCounts({ candidates, counts, excluded }: Decision) {
  // A receipt names only the first of those who could go; older ones do not say how many there were.
  const can = Math.max(candidates.length, counts.could_go ?? 0);
  const others = counts.others ?? 0;
  const members = Math.max(can, counts.members ?? (counts.examined ?? can + excluded.length) - others);
  return { examined: members + others, can, cannot: members - can, others };
}

function chosenSentence(
  chosen: Decision["candidates"][number] | undefined,
  name: string | undefined,
  { receipt }: Texts,
): string {
  if (!chosen) return name ? receipt.notRanked(name) : "";
  const known = chosen.position.provenance === "live" ? liveText(chosen.position.age_s, receipt.live) : receipt.planned;
  const first = chosen.drive ? receipt.soonest : receipt.nearest;
  const says = chosen.rank === 1 ? first(chosen.name) : receipt.rank(chosen.name, chosen.rank);
  const way = receipt.way(travelTime(chosen.eta_s), distance(chosen.drive?.metres ?? chosen.distance_m));
  return `${says} ${way}, ${known}.`;
}

const liveText = (ageS: number | null | undefined, live: string) =>
  ageS == null ? live : `${live}, ${duration(Math.round(ageS))}`;

function rest(decision: Decision, texts: Texts): string {
  const { receipt } = texts;
  const judged = decision.query.positions ? `${receipt.positions[decision.query.positions]}.` : "";
  const counted = decision.counts.excluded ?? {};
  const reasons = reasonCounts(counted);
  const told = Object.values(counted).reduce((sum, count) => sum + count, 0);
  const could = told > lookedAtCounts(decision).cannot ? receipt.severalReasons : receipt.reasons;
  const batch = decision.batch ? receipt.batch(Math.max(0, decision.batch.orders - 1)) : "";
  return [judged, routed(decision, texts), reasons && could(reasons), batch].filter(Boolean).join(" ");
}

/** Which router's drive times ranked, or why none did. */
function routed({ routing }: Decision, { receipt }: Texts): string {
  if (!routing) return "";
  return routing.problem ? receipt.byLine(routing.problem.detail) : receipt.byRouter(routing.router, routing.asked);
}

/** `3 off duty, 2 already booked then`, the most frequent first. */
export function reasonCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${count} ${exclusionByCode(code)}`)
    .join(", ");
}

export type Remedy = { kind: "ask" } | { kind: "assign" } | { kind: "move"; start: string; time: string };

/** What would let this technician go, as something that can be done now; null where it needs nothing or helps nothing. */
export function remedyOf(why: WhyAnswer, { zone }: When): Remedy | null {
  if (why.verdict === "chosen") return null;
  if (why.verdict === "candidate") return { kind: "ask" };
  const free = why.reasons.map((reason) => reason.needed.free_from).find((at) => typeof at === "string");
  const onlyTime = why.reasons.length > 0 && why.reasons.every((reason) => reason.needed.free_from);
  if (onlyTime && free) return { kind: "move", start: free, time: clockTime(Date.parse(free), zone) };
  const hinders = new Set(["slot_taken", "inactive", "off_duty"]);
  return why.reasons.some((reason) => hinders.has(reason.code)) ? null : { kind: "assign" };
}
