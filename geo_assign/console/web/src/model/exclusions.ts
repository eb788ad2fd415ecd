/** Who cannot go, put together by what stands in the way, in a person's words. */
import type { Exclusion, Nearest, Reason } from "../api/types";
import { texts } from "../texts/console";
import { clockTime } from "./zone";

export interface ReasonGroup {
  /** The reason's code with what sets it apart, such as the skill. */
  key: string;
  code: Reason["code"];
  text: string;
  people: Exclusion[];
}

export interface Exclusions {
  /** The strongest reason first, and within it the nearest. */
  groups: ReasonGroup[];
  /** People of other groups or stores: not asked for, and folded away. */
  outside: Exclusion[];
  /** How many cannot go, of everyone who was looked at; the nearest of them are told one by one. */
  count: number;
}

/** What can be changed least comes first: of several reasons of a person, the first of these is told. */
const STRENGTH: Reason["code"][] = [
  "inactive",
  "wrong_group",
  "agreement_expired",
  "missing_skill",
  "rejected_before",
  "time_off",
  "outside_hours",
  "off_duty",
  "slot_taken",
  "offer_limit",
  "no_position",
  "offline",
  "stale_position",
  "mock_location",
  "implausible_position",
  "outside_radius",
];

const strength = ({ code }: Reason) => {
  const at = STRENGTH.indexOf(code);
  return at < 0 ? STRENGTH.length : at;
};

/** The reason that is told of a person. */
export function mainReason(excluded: Exclusion): Reason | null {
  return [...excluded.reasons].sort((a, b) => strength(a) - strength(b))[0] ?? null;
}

export function groupExclusions(nearest: Nearest, zone: string): Exclusions {
  const groups = new Map<string, { reason: Reason; people: Exclusion[] }>();
  const outside: Exclusion[] = [];
  for (const excluded of nearest.excluded) {
    const reason = mainReason(excluded);
    if (!reason) continue;
    if (reason.code === "wrong_group") {
      outside.push(excluded);
      continue;
    }
    const key = `${reason.code} ${apart(reason)}`;
    const group = groups.get(key);
    if (group) group.people.push(excluded);
    else groups.set(key, { reason, people: [excluded] });
  }
  const { members, others, available } = nearest.counts;
  return {
    groups: [...groups]
      .map(([key, { reason, people }]) => ({ key, code: reason.code, text: wording(reason, people, zone), people }))
      .sort((a, b) => b.people.length - a.people.length || strengthOf(a.code) - strengthOf(b.code)),
    outside,
    count: Math.max(nearest.excluded.length, members + others - available),
  };
}

const strengthOf = (code: Reason["code"]) => STRENGTH.indexOf(code);

function apart({ code, needed }: Reason): string {
  return code === "missing_skill" ? (needed.skills ?? []).join(" ") : "";
}

/** `12 are not trained for phones`, `3 are busy until 14:30`. */
function wording(reason: Reason, people: readonly Exclusion[], zone: string): string {
  const words = texts.value.exclusions;
  const count = people.length;
  if (reason.code === "missing_skill") {
    const skills = (reason.needed.skills ?? []).map((skill) => skill.replaceAll("_", " ")).join(", ");
    return words.missing_skill(count, skills);
  }
  if (reason.code === "slot_taken") return words.slot_taken(count, soonest(people, zone));
  return words[reason.code](count);
}

/** When the first of them is free; empty where it is not known. */
function soonest(people: readonly Exclusion[], zone: string): string {
  const free = people
    .flatMap(({ reasons }) => reasons)
    .map(({ needed }) => needed.free_from ?? needed.conflict?.end)
    .filter((at) => at != null)
    .map((at) => Date.parse(at));
  return free.length === 0 ? "" : clockTime(Math.min(...free), zone);
}

/** The nearest of each provider's staff of whom no more is in the way than time, distance or a choice: they can be asked. */
export function askableProviders(nearest: Nearest): Exclusion[] {
  const seen = new Set<string>();
  return [...nearest.excluded]
    .filter(({ provider, reasons }) => provider && reasons.every(({ code }) => !BARRED.has(code)))
    .sort((a, b) => (a.distance_m ?? Infinity) - (b.distance_m ?? Infinity))
    .filter(({ provider }) => provider && !seen.has(provider.id) && seen.add(provider.id));
}

/** What no telephone call changes. */
const BARRED: ReadonlySet<Reason["code"]> = new Set([
  "inactive",
  "agreement_expired",
  "missing_skill",
  "time_off",
  "wrong_group",
]);

/** How far the search would have to reach for a technician whom nothing else keeps, in metres; null: there is none. */
export function wideningRadius(nearest: Nearest): number | null {
  const far = nearest.excluded
    .filter(({ reasons }) => reasons.length > 0 && reasons.every(({ code }) => code === "outside_radius"))
    .map(({ reasons, distance_m }) => reasons[0]?.needed.radius_m ?? distance_m)
    .filter((metres) => metres != null);
  return far.length === 0 ? null : roundUp(Math.min(...far));
}

/** To a number that people say. */
function roundUp(metres: number): number {
  const step = metres < 10_000 ? 500 : 5_000;
  return Math.ceil(metres / step) * step;
}
