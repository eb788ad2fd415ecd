/** What a refused assignment says in the row it was tried on. */
import type { ProblemBody } from "../api/types";
import { ageSeconds } from "./clock";
import { duration } from "./words";

/** One sentence about who or what was faster. */
export function refusal(status: number, body: ProblemBody, nowMs: number): string {
  if (status === 412) return changedMeanwhile(body, nowMs);
  if (status === 409 || status === 410 || status === 422)
    return body.detail || body.title || "It can no longer be given.";
  if (status === 403) return "You may not assign this order.";
  if (status === 404) return "The order is gone.";
  if (status === 429 || status === 503) return "The service is busy; try again in a moment.";
  if (status === 0) return "The service cannot be reached; nothing was changed.";
  return body.detail || body.title || `The service answered ${status}; nothing was changed.`;
}

function changedMeanwhile(body: ProblemBody, nowMs: number): string {
  const who = body.changed_by?.name ?? "Another user";
  const age = ageSeconds(body.changed_at ?? null, nowMs);
  const when = age === null ? "meanwhile" : `${duration(age)} ago`;
  if (body.assignee) return `${who} gave it to ${body.assignee.name} ${when}.`;
  if (body.state === "offered") return `${who} offered it ${when}.`;
  if (body.state === "cancelled") return `${who} cancelled it ${when}.`;
  return `${who} changed it ${when}.`;
}
