/** "Who can take it": the ranking on the screen, and how each position is known. */
import type { Candidate, DayEntry, Exclusion, Nearest, Position, RankBy, Reason, Slot } from "../api/types";
import { texts } from "../texts/console";
import { language } from "../texts/language";
import { ageSeconds } from "./clock";
import { duration, firstName, shortDistance } from "./words";
import { clockTime, moment } from "./zone";

export interface Known {
  /** `live`, or how else the place is known. */
  how: string;
  /** `12 s ago, ±8 m`; empty when the place is planned. */
  detail: string;
  /** Fresh enough to trust at a glance. */
  fresh: boolean;
  planned: boolean;
}

const STALE_S = 60;

/** How a candidate's position is known, in words. */
export function howKnown(candidate: Candidate, slot: Slot, nowMs: number, zone: string): Known {
  const { position } = candidate;
  const planned = { detail: "", fresh: false, planned: true };
  const words = texts.value.ranking;
  switch (position.provenance) {
    case "previous_appointment":
      return { ...planned, how: words.fromJob(endOfPrevious(candidate, slot, zone)) };
    case "home_base": {
      const starts = candidate.hours?.[0];
      const at = starts ? clockTime(Date.parse(starts.start), zone) : "";
      // Work round the clock starts at no time worth telling.
      const tells = starts && at !== "00:00";
      return { ...planned, how: tells ? words.homeStarts(at) : words.home };
    }
    case "store":
      return { ...planned, how: words.store };
    default:
      return howLive(position, nowMs);
  }
}

function howLive(position: Position, nowMs: number): Known {
  const words = texts.value.ranking;
  const age = ageSeconds(position.recorded_at, nowMs);
  if (age === null) return { how: words.ageUnknown, detail: "", fresh: false, planned: false };
  const accuracy = position.accuracy_m === null ? "" : `±${Math.round(position.accuracy_m)} m`;
  if (age >= STALE_S) return { how: words.old(duration(age)), detail: accuracy, fresh: false, planned: false };
  const detail = [words.ago(duration(age)), accuracy].filter(Boolean).join(", ");
  return { how: words.live, detail, fresh: true, planned: false };
}

function endOfPrevious(candidate: Candidate, slot: Slot, zone: string): string {
  const start = Date.parse(slot.start);
  const ends = (candidate.day ?? []).map((entry) => Date.parse(entry.end)).filter((end) => end <= start);
  return ends.length > 0 ? clockTime(Math.max(...ends), zone) : "";
}

/** `3 today, 1 late`. */
export function workloadText(candidate: Candidate): string {
  const load = candidate.workload;
  if (!load) return "";
  return texts.value.ranking.load(load.today, load.overdue);
}

export interface Ranking {
  answer: Nearest;
  /** A newer answer in another order, waiting to be asked for. */
  waiting: Nearest | null;
  changes: number;
}

/** Take a newer answer without moving rows under the reader: same order updates, another order waits. */
export function mergeRanking(shown: Nearest, fresh: Nearest): Ranking {
  const before = shown.candidates.map((each) => each.technician_id);
  const after = fresh.candidates.map((each) => each.technician_id);
  const changes = after.filter((id, index) => before[index] !== id).length + Math.max(0, before.length - after.length);
  if (changes === 0) return { answer: fresh, waiting: null, changes: 0 };
  return { answer: shown, waiting: fresh, changes };
}

export interface StripPart {
  kind: "off" | "lead" | "ticket" | "hold" | "slot" | "now";
  left: number;
  width: number;
}

export interface Axis {
  startMs: number;
  endMs: number;
  ticks: { left: number; text: string }[];
}

const HOUR_MS = 3_600_000;

const BEFORE_SLOT_MS = 7 * HOUR_MS;
const LONGEST_MS = 14 * HOUR_MS;

/** One axis for all strips: the span of all hours and the slot, eleven to fourteen hours of it. */
export function dayAxis(nearest: Nearest, zone: string): Axis {
  const spans = nearest.candidates.flatMap((each) => [...(each.hours ?? []), ...(each.day ?? [])]);
  const slot = { startMs: Date.parse(nearest.slot.start), endMs: Date.parse(nearest.slot.end) };
  const near = [...spans, nearest.slot].map((span) => ({ from: Date.parse(span.start), to: Date.parse(span.end) }));
  const within = near.filter(({ from, to }) => to > slot.startMs - 18 * HOUR_MS && from < slot.endMs + 18 * HOUR_MS);
  let startMs = Math.floor(Math.min(...within.map(({ from }) => from)) / HOUR_MS) * HOUR_MS;
  let endMs = Math.ceil(Math.max(...within.map(({ to }) => to)) / HOUR_MS) * HOUR_MS;
  startMs = Math.max(startMs, Math.floor((slot.startMs - BEFORE_SLOT_MS) / HOUR_MS) * HOUR_MS);
  endMs = Math.max(slot.endMs, Math.min(endMs, startMs + LONGEST_MS));
  while (endMs - startMs < 11 * HOUR_MS) [startMs, endMs] = [startMs - HOUR_MS, endMs + HOUR_MS];
  return { startMs, endMs, ticks: hourTicks(startMs, endMs, zone) };
}

function hourTicks(startMs: number, endMs: number, zone: string): Axis["ticks"] {
  const step = endMs - startMs > 14 * HOUR_MS ? 4 : 2;
  const ticks = [];
  for (let at = startMs; at <= endMs - HOUR_MS; at += HOUR_MS) {
    const hour = Number(clockTime(at, zone).slice(0, 2));
    if (hour % step === 0) ticks.push({ left: share(at, startMs, endMs), text: String(hour) });
  }
  return ticks;
}

const share = (ms: number, startMs: number, endMs: number) =>
  Math.min(100, Math.max(0, ((ms - startMs) / (endMs - startMs)) * 100));

/** A candidate's day: time off, what is booked or held, the wanted slot, and now. */
export function dayStrip(candidate: Candidate, slot: Slot, axis: Axis, nowMs: number): StripPart[] {
  const place = (kind: StripPart["kind"], from: number, to: number): StripPart => {
    const left = share(from, axis.startMs, axis.endMs);
    return { kind, left, width: share(to, axis.startMs, axis.endMs) - left };
  };
  const parts = hoursOff(candidate.hours, axis).map(([from, to]) => place("off", from, to));
  for (const entry of candidate.day ?? []) {
    parts.push(place(stripKind(entry), Date.parse(entry.start), Date.parse(entry.end)));
  }
  parts.push(place("slot", Date.parse(slot.start), Date.parse(slot.end)));
  if (nowMs > axis.startMs && nowMs < axis.endMs) parts.push(place("now", nowMs, nowMs));
  return parts.filter((part) => part.width > 0 || part.kind === "now");
}

const stripKind = (entry: DayEntry): StripPart["kind"] => (entry.state === "offered" ? "hold" : entry.kind);

/** The gaps of the working hours; unknown hours hatch nothing. */
function hoursOff(hours: Slot[] | null | undefined, axis: Axis): [number, number][] {
  if (!hours) return [];
  const gaps: [number, number][] = [];
  let free = axis.startMs;
  const sorted = hours
    .map((each) => [Date.parse(each.start), Date.parse(each.end)] as const)
    .sort((a, b) => a[0] - b[0]);
  for (const [from, to] of sorted) {
    if (from > free) gaps.push([free, Math.min(from, axis.endMs)]);
    free = Math.max(free, to);
  }
  if (free < axis.endMs) gaps.push([free, axis.endMs]);
  return gaps;
}

/** Why technicians are left out, by the code alone. */
export const exclusionByCode = (code: string): string => texts.value.ranking.reasons[code] ?? code.replaceAll("_", " ");

function inShort({ code, needed }: Reason): string {
  const { lacks } = texts.value.ranking;
  const skills = needed?.skills?.join(", ").replaceAll("_", " ");
  if (code === "missing_skill" && skills && language.value !== "en") return lacks(skills);
  return exclusionByCode(code);
}

/** One reason as the service words it where that is the language of the page, else in our own words for its code. */
export function reasonText(reason: Reason): string {
  const detail = typeof reason.detail === "string" ? reason.detail.trim() : "";
  return language.value === "en" && detail ? detail : inShort(reason);
}

/** Why a technician cannot go; off duty shows the time last seen, never a place. */
export function exclusionText(excluded: Exclusion, nowMs: number, zone: string): string {
  if (excluded.reasons.some((reason) => reason.code === "off_duty")) {
    const words = texts.value.ranking;
    const seen = excluded.last_seen_at;
    return seen ? words.lastSeen(moment(Date.parse(seen), nowMs, zone)) : words.neverSeen;
  }
  return excluded.reasons.map(reasonText).join(" · ");
}

export interface Excluded {
  count: number;
  /** The first question to expect: a nearer technician who is not offered. */
  hint: string;
}

/** How many cannot go, and the most surprising of them. */
export function excludedSummary(nearest: Nearest): Excluded {
  const count = nearest.excluded.length;
  const [best] = nearest.candidates;
  const first = best?.straight_m ?? best?.distance_m ?? Infinity;
  const nearer = nearest.excluded.find((each) => each.distance_m !== null && each.distance_m < first);
  const reason = nearer?.reasons[0];
  if (!nearer || !reason) return { count, hint: "" };
  const words = texts.value.ranking;
  const say = first === Infinity ? words.nearest : words.nearer;
  return { count, hint: say(firstName(nearer.name), inShort(reason)) };
}

/** `6 can go`, and what the number leaves out. */
export function headline(nearest: Nearest): { main: string; rest: string } {
  const shown = nearest.candidates.length;
  const available = Math.max(shown, nearest.counts.available);
  const words = texts.value.ranking;
  const radius = words.within(shortDistance(nearest.radius_m));
  if (available > shown) return { main: words.moreCanGo(shown), rest: words.nearestShown(radius) };
  return { main: available > 0 ? words.canGo(available) : words.noneCanGo, rest: radius };
}

/** How the address writes what comes first. */
export const RANK_IN_ADDRESS: Readonly<Record<RankBy, string>> = { distance: "distance", drive_time: "time" };

/** What the address wants to come first; null: as the store has it. */
export function wantedRank(inAddress: string | null): RankBy | null {
  if (inAddress === RANK_IN_ADDRESS.drive_time) return "drive_time";
  return inAddress === RANK_IN_ADDRESS.distance ? "distance" : null;
}

/** What an answer was to be ranked by: drive time also where its router failed. */
export function rankedFor(nearest: Nearest): RankBy {
  return nearest.routing ? "drive_time" : nearest.ranked_by;
}
