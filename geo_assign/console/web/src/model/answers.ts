/** What a refused assignment says in the row it was tried on. */
import type { ProblemBody } from "../api/types";
import { texts } from "../texts/console";
import { ageSeconds } from "./clock";
import { duration } from "./words";

/** One sentence about who or what was faster. */
export function refusal(status: number, body: ProblemBody, nowMs: number): string {
  const words = texts.value.waiting.refused;
  if (status === 412) return changedMeanwhile(body, nowMs);
  if (status === 409 || status === 410 || status === 422) return body.detail || body.title || words.taken;
  if (status === 403) return words.forbidden;
  if (status === 404) return words.gone;
  if (status === 429 || status === 503) return words.busy;
  if (status === 0) return words.unreachable;
  return body.detail || body.title || words.other(status);
}

function changedMeanwhile(body: ProblemBody, nowMs: number): string {
  const words = texts.value.waiting.refused;
  const who = body.changed_by?.name ?? words.another;
  const age = ageSeconds(body.changed_at ?? null, nowMs);
  const when = age === null ? words.meanwhile : words.ago(duration(age));
  if (body.assignee) return words.gave(who, body.assignee.name, when);
  if (body.state === "offered") return words.offered(who, when);
  if (body.state === "cancelled") return words.cancelled(who, when);
  return words.changed(who, when);
}
