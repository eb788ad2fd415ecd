/** The list of technicians that work is assigned from: names found, lines in words. */
import type { RosterLine } from "../api/types";

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Those whose name has each typed word at the beginning of one of its own; accents and case do not matter. */
export function matchingNames<T extends { name: string }>(people: readonly T[], typed: string): T[] {
  const wanted = plain(typed).split(/\s+/).filter(Boolean);
  return people.filter(({ name }) => {
    const parts = plain(name).split(/[\s'-]+/);
    return wanted.every((word) => parts.some((part) => part.startsWith(word)));
  });
}

export type Online = "on" | "silent" | "off";

/** On duty and heard from, on duty and not heard from, or off duty. */
export function onlineOf({ presence }: RosterLine): Online {
  if (!presence.on_duty) return "off";
  return presence.reachable ? "on" : "silent";
}

export type RosterOrder = "name" | "workload" | "seen" | "distance";

interface Choice {
  typed: string;
  order: RosterOrder;
  onlyAble: boolean;
}

const byName = (a: RosterLine, b: RosterLine) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1);
const load = ({ workload }: RosterLine) => workload.today + workload.overdue;
const seen = ({ last_seen_at }: RosterLine) => (last_seen_at ? Date.parse(last_seen_at) : 0);
const far = ({ distance_m }: RosterLine) => distance_m ?? Number.POSITIVE_INFINITY;
const rank = (line: RosterLine) => (line.eligible === false ? 1 : 0);

const COMPARE: Record<RosterOrder, (a: RosterLine, b: RosterLine) => number> = {
  name: () => 0,
  workload: (a, b) => load(a) - load(b),
  seen: (a, b) => seen(b) - seen(a),
  // Infinity less infinity is no number.
  distance: (a, b) => rank(a) - rank(b) || (far(a) === far(b) ? 0 : far(a) - far(b)),
};

/** The lines that are asked for, sorted; equal ones by name. */
export function shownLines(lines: readonly RosterLine[], { typed, order, onlyAble }: Choice): RosterLine[] {
  const able = onlyAble ? lines.filter(({ eligible }) => eligible !== false) : lines;
  return [...matchingNames(able, typed)].sort((a, b) => COMPARE[order](a, b) || byName(a, b));
}
