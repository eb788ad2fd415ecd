/** What the loser of a race is told: who changed the order, when, and what is now. */
import type { ProblemBody } from "../../api/types";
import { ageSeconds } from "../../model/clock";
import { duration } from "../../model/words";
import type { ConsoleTexts } from "../../texts/console";

export function lostText(body: ProblemBody, texts: ConsoleTexts["order"], nowMs: number): string {
  const { problem, states } = texts;
  const who = body.changed_by && body.changed_by.kind !== "system" ? body.changed_by.name : problem.automation;
  const age = duration(ageSeconds(body.changed_at ?? null, nowMs) ?? 0);
  const now = body.assignee
    ? problem.now.assigned(body.assignee.name)
    : problem.now.state(body.state ? states[body.state] : "");
  return problem.changed(who, age, now);
}
