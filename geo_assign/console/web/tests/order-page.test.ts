import { describe, expect, it } from "vitest";
import type {
  Decision,
  GroupStay,
  Ladder,
  OrderDetail,
  OrderEvent,
  Rung,
  WhyAnswer,
  WorkOrder,
} from "../src/api/types";
import { actionsOf, movedEnd, wallTime } from "../src/pages/order/actions";
import { changesOf, fieldsOf } from "../src/pages/order/editing";
import { lostText } from "../src/pages/order/lost";
import { groupTrail, ladderSteps, situationOf } from "../src/pages/order/model";
import { lookedAtCounts, reasonCounts, receiptOf, remedyOf } from "../src/pages/order/receipt";
import { namesFrom, storyOf } from "../src/pages/order/story";
import { order as german } from "../src/texts/de/order";
import { ranking as germanRanking } from "../src/texts/de/ranking";
import { order as texts } from "../src/texts/en/order";
import { ranking as englishRanking } from "../src/texts/en/ranking";
import { order as portuguese } from "../src/texts/pt/order";
import { ranking as portugueseRanking } from "../src/texts/pt/ranking";
import { partsOf, plainText, strong } from "../src/texts/strong";
import { at, NOON, offerTo, order, taken } from "./made";

const when = { nowMs: NOON, zone: "Europe/Lisbon" };
const actor = (name: string, kind: "user" | "system" | "technician" = "user") => ({ kind, id: name, name });
const stay = (name: string, from: number, to: number | null): GroupStay => ({
  group_id: name,
  group_name: name,
  entered_at: at(from),
  left_at: to === null ? null : at(to),
  sent_by: actor("Kofi"),
  note: null,
});
const detail = (of: WorkOrder, stays: GroupStay[] = []): OrderDetail => ({
  ...of,
  group_stays: stays,
  has_customer_link: false,
});
const rung = (name: string, outcome: Rung["outcome"], from: number, to: number): Rung => ({
  technician_id: name,
  name,
  distance_m: 1200,
  starts_at: at(from),
  until: at(to),
  outcome,
});
const endOf = (minutes: number, then: "alarm" | "nobody_left") => ({ at: at(minutes), then });
const ladder = (rungs: Rung[], changes: Partial<Ladder> = {}): Ladder => ({
  rungs,
  end: endOf(20, "alarm"),
  by_itself: true,
  truncated: false,
  sentence: "",
  ...changes,
});
const offered = order({
  state: "offered",
  bucket: "being_offered",
  offer: offerTo("Tomás Reis", at(5)),
  offers: [offerTo("Tomás Reis", at(5))],
});

describe("the state as a sentence", () => {
  const next = ladder([rung("Tomás Reis", "offered", -5, 5), rung("Joana Prata", "planned", 5, 15)]);
  it.each<[string, WorkOrder, Ladder | null, string, string]>([
    [
      "an offer and the next",
      offered,
      next,
      "Tomás Reis is being asked",
      "5:00 left. Nothing to do: Joana is asked next.",
    ],
    [
      "the last before the alarm",
      offered,
      ladder([rung("Tomás Reis", "offered", -5, 5)]),
      "Tomás Reis is being asked",
      "5:00 left. Then you are alarmed, at 12:20.",
    ],
    [
      "the last of all",
      offered,
      ladder([], { end: endOf(9, "nobody_left") }),
      "Tomás Reis is being asked",
      "no technician is left",
    ],
    [
      "an offer by hand",
      offered,
      ladder([], { by_itself: false }),
      "Tomás Reis is being asked",
      "it comes back to you",
    ],
    [
      "several at once",
      { ...offered, offers: [offered.offers[0]!, offerTo("Ana", at(6))] },
      next,
      "2 technicians are being asked",
      "5:00 left.",
    ],
    ["assigned", taken(order(), "Ana"), null, "Ana has it", "Today 13:00–14:00"],
    [
      "assigned and impossible",
      taken(order(), "Ana", { bucket: "needs_you" }),
      null,
      "Ana has it and cannot go",
      "another technician",
    ],
    ["travelling", taken(order(), "Ana", { state: "travelling" }), null, "Ana is on the way", "from the phone"],
    ["no place", order({ pending_reason: "needs_location" }), null, "The address is not found", "drop a pin"],
    [
      "suggested",
      order({ pending_reason: "suggested", pending_detail: { technician_name: "Rui" } }),
      null,
      "A suggestion is ready",
      "Suggested: Rui.",
    ],
    [
      "cancelled",
      order({ state: "cancelled", bucket: "closed", changed_by: actor("Marta") }),
      null,
      "It was cancelled",
      "Marta, 11:30",
    ],
  ])("%s", (_name, of, ahead, title, said) => {
    const situation = situationOf(of, ahead, texts, when);
    expect(situation.title).toBe(title);
    expect(situation.next).toContain(said);
  });

  it("has words for every reason in every language", () => {
    for (const language of [german, portuguese]) {
      for (const kind of ["pending", "rejectReasons", "withdrawnReasons", "alarms", "fields"] as const) {
        expect(Object.keys(language[kind])).toEqual(Object.keys(texts[kind]));
      }
    }
    for (const ranking of [germanRanking, portugueseRanking]) {
      expect(Object.keys(ranking.reasons)).toEqual(Object.keys(englishRanking.reasons));
    }
  });
});

describe("the ladder", () => {
  it("shows what is past, what runs, what is to come, and the end", () => {
    const steps = ladderSteps(
      ladder([rung("Ana", "rejected", -14, -5), rung("Tomás", "offered", -5, 5), rung("Joana", "planned", 5, 15)]),
      at(60),
      texts,
      when,
    );
    expect(steps.map(({ kind }) => kind)).toEqual(["done", "current", "planned", "end"]);
    expect(steps.map((step) => step.when)).toEqual(["no at 11:55", "until 12:05", "until 12:15", "at 12:20"]);
    expect(steps[1]?.passed).toBe(0.5);
    expect(steps.at(-1)).toMatchObject({ alarm: true, detail: "40 min before the slot" });
  });

  it("says when it waits to be started, and when its end is too late", () => {
    const steps = ladderSteps(ladder([rung("Joana", "planned", 0, 10)], { by_itself: false }), at(0), texts, when);
    expect(steps[0]?.detail).toContain("if you ask for it");
    expect(steps[1]?.detail).toBe("20 min after the slot began");
  });
});

describe("what may be done", () => {
  const here = { id: "store-1", name: "Riverside", groups: [{ id: "g1", name: "Laptops" }] };
  const there = { id: "store-2", name: "Harbour", groups: [{ id: "g2", name: "Phones" }] };
  const blocked = (of: OrderDetail, rights = { reallocate: true, force: true }, destinations = [here, there]) =>
    Object.fromEntries(actionsOf({ order: of, rights, destinations }, texts).map(({ id, blocked: why }) => [id, why]));

  it.each<[string, OrderDetail, Record<string, string>]>([
    [
      "waiting",
      detail(order()),
      {
        transfer: "",
        reallocate: "once a technician has it",
        unassign: "no technician has it",
        reject: "no group sent it here",
        cancel: "",
      },
    ],
    ["offered", detail(offered), { unassign: "", reallocate: "once a technician has it", convert: "" }],
    ["assigned", detail(taken(order(), "Ana")), { reallocate: "", unassign: "", reschedule: "" }],
    [
      "under way",
      detail(taken(order(), "Ana", { state: "on_site" })),
      { reschedule: "the technician is under way", unassign: "the technician is under way", transfer: "", cancel: "" },
    ],
    ["a ticket", detail(order({ kind: "ticket" })), { convert: "only a lead becomes a ticket" }],
    ["sent by a group", detail(order(), [stay("Desk", -30, -10), stay("Laptops", -10, null)]), { reject: "" }],
    ["over", detail(order({ state: "completed", bucket: "closed" })), { transfer: "it is over", cancel: "it is over" }],
  ])("%s", (_name, of, expected) => {
    expect(blocked(of)).toMatchObject(expected);
  });

  it("keeps what the account may not do in sight, with why", () => {
    const ana = detail(taken(order(), "Ana"));
    expect(blocked(ana, { reallocate: false, force: false }).reallocate).toBe("your account lacks the permission");
    const underWay = detail(taken(order(), "Ana", { state: "travelling" }));
    expect(blocked(underWay, { reallocate: true, force: false }).transfer).toContain("may not force");
    expect(blocked(ana, undefined, [here]).transfer).toBe("there is no other store");
  });

  it("reads and moves wall times of the store, through the change of the clocks too", () => {
    expect(wallTime("2026-07-01T12:00:00Z", "Europe/Lisbon")).toBe("2026-07-01T13:00");
    expect(wallTime("2026-10-25T01:30:00Z", "Europe/Lisbon")).toBe("2026-10-25T01:30");
    expect(movedEnd("2026-11-30T16:15", "2026-11-30T15:30", "2026-11-30T16:30")).toBe("2026-11-30T17:15");
    expect(movedEnd("2026-12-31T23:30", "2026-11-30T15:30", "2026-11-30T16:30")).toBe("2027-01-01T00:30");
    expect(movedEnd("", "2026-11-30T15:30", "2026-11-30T16:30")).toBe("");
  });
});

describe("the story", () => {
  const event = (kind: OrderEvent["kind"], told: OrderEvent["detail"], by = actor("system", "system")): OrderEvent => ({
    id: kind,
    at: at(-5),
    kind,
    actor: by,
    state: "pending",
    detail: told,
  });
  const told = (events: OrderEvent[]) =>
    storyOf(events, namesFrom(events, null, [], []), texts, when).map(({ text, detail: more }) => [
      plainText(text),
      more,
    ]);

  it.each<[OrderEvent, string, string]>([
    [
      event("offered", { technician_id: "a", technician_name: "Ana", distance_m: 1200, expires_at: at(5) }),
      "Offered to Ana",
      "1.2 km away · until 12:05 · by itself",
    ],
    [
      event("rejected", { technician_name: "Ana", reason: "too_far", note: "other side" }, actor("Ana", "technician")),
      "Ana said no",
      "too far · “other side”",
    ],
    [event("assigned", { technician_name: "Ana" }, actor("Ana", "technician")), "Ana accepted", ""],
    [event("assigned", { technician_name: "Ana" }, actor("Marta")), "Assigned to Ana", "by Marta"],
    [
      event("unassigned", { technician_id: "a", technician_name: "Ana", reason: "ill" }, actor("Marta")),
      "Taken back from Ana",
      "“ill” · by Marta",
    ],
    [
      event("transferred", { to_store_id: "x", note: "nearer" }, actor("Kofi")),
      "Transferred to another store",
      "“nearer” · by Kofi",
    ],
    [event("cancelled", { reason: "customer called" }, actor("Marta")), "Cancelled", "“customer called” · by Marta"],
    [
      event(
        "rescheduled",
        { from: { start: at(60), end: at(120) }, to: { start: at(90), end: at(150) } },
        actor("Marta"),
      ),
      "Moved to Today 13:30–14:30",
      "was Today 13:00–14:00 · by Marta",
    ],
    [event("changed", { fields: ["notes", "priority"] }, actor("Marta")), "Corrected: notes, priority", "by Marta"],
    [event("crew_changed", { joined: [{ id: "d", name: "Dana" }] }, actor("Marta")), "Dana comes along", "by Marta"],
    [event("alarm_raised", { alarm: "slot_passed" }), "Alarm: the slot has passed", "by itself"],
    [event("created", {}, actor("Web form")), "Created", "by Web form"],
  ])("%#", (one, text, more) => {
    expect(told([one])).toEqual([[text, more]]);
  });

  it("is newest first, and gives the name that an earlier event told", () => {
    const events = [
      event("offered", { technician_id: "a", technician_name: "Ana" }),
      event("offer_expired", { technician_id: "a" }),
    ];
    expect(told(events).map(([text]) => text)).toEqual(["Ana did not answer in time", "Offered to Ana"]);
  });

  it("sets names in bold without reading them as anything else", () => {
    expect(partsOf(`Offered to ${strong("<b>*Ana*</b>")} now`)).toEqual([
      { text: "Offered to ", bold: false },
      { text: "<b>*Ana*</b>", bold: true },
      { text: " now", bold: false },
    ]);
  });
});

describe("the receipt", () => {
  const candidate = {
    rank: 1,
    technician_id: "t",
    name: "Tomás",
    distance_m: 1100,
    eta_s: 360,
    position: { provenance: "live", recorded_at: at(0), age_s: 25, accuracy_m: 8 },
    workload: { today: 1, overdue: 0, open_offers: 0 },
    provider: null,
    coarse: false,
  } as Decision["candidates"][number];
  const decision = (changes: Partial<Decision> = {}): Decision => ({
    id: "d",
    work_order_id: "order-1",
    at: at(-2),
    mode: "automatic",
    outcome: "offered",
    actor: actor("system", "system"),
    chosen_technician_id: "t",
    query: {
      slot: { start: at(60), end: at(120) },
      at: at(-2),
      skills: [],
      store_id: null,
      group_id: null,
      needs_duty: true,
      positions: "live",
    },
    policy: { radius_m: 5000, freshness_s: 300, soon: 7200, travel_buffer: 900, offer_limit: 1 },
    candidates: [candidate],
    excluded: [],
    counts: { examined: 14, excluded: { slot_taken: 3, off_duty: 10 } },
    routing: null,
    batch: null,
    ...changes,
  });

  it("says it in at most three sentences", () => {
    const { title, sentences } = receiptOf(decision(), texts);
    expect(title).toBe("Why Tomás");
    expect(sentences).toEqual([
      "14 technicians looked at within 5 km: 1 could go, 13 could not.",
      "Tomás was the nearest: 6 min, 1.1 km, live, 25 s.",
      "Judged by live positions. Could not go: 10 off duty, 3 already booked then.",
    ]);
  });

  it("counts everyone who was looked at once", () => {
    const counts = {
      ...{ examined: 24, members: 10, could_go: 9, others: 14, of: "group" as const, truncated: false },
      excluded: { off_duty: 1 },
    };
    const [lookedAt, , rest] = receiptOf(decision({ counts }), texts).sentences;
    expect(lookedAt).toBe("24 technicians looked at within 5 km: 9 could go, 1 could not, 14 belong to other groups.");
    expect(rest).toContain("Could not go: 1 off duty.");
    const many = { ...counts, others: 1, of: "store" as const, excluded: { off_duty: 1, missing_skill: 1 } };
    const told = receiptOf(decision({ counts: many }), texts).sentences;
    expect(told[0]).toBe("11 technicians looked at within 5 km: 9 could go, 1 could not, 1 belongs to another store.");
    expect(told[2]).toContain("Could not go, some for several reasons: 1 off duty, 1 ");
  });

  it.each([
    [{}, 1, 0],
    [{ examined: 14, excluded: {} }, 1, 13],
    [{ examined: 14, members: 4, others: 10 }, 1, 3],
    [{ members: 4, others: 10, could_go: 3 }, 3, 1],
    [{ members: 0, others: 0, could_go: 0 }, 1, 0],
  ] as const)("makes the parts up to the whole: %j", (counts, can, cannot) => {
    const told = lookedAtCounts(decision({ counts: counts as Decision["counts"] }));
    expect([told.can, told.cannot]).toEqual([can, cannot]);
    expect(told.can + told.cannot + told.others).toBe(told.examined);
  });

  it("says so where no technician could go, and where a person chose against the rules", () => {
    expect(receiptOf(decision({ chosen_technician_id: null, candidates: [] }), texts).title).toBe("Why no technician");
    const excluded = [
      {
        technician_id: "r",
        name: "Rui",
        reasons: [],
        coarse: false,
        provider: null,
        presence: "on_duty",
        last_seen_at: null,
        distance_m: 1,
      },
    ] as Decision["excluded"];
    expect(receiptOf(decision({ chosen_technician_id: "r", excluded }), texts).sentences[1]).toContain(
      "a person chose",
    );
    expect(reasonCounts({ off_duty: 0, made_up: 2 })).toBe("2 made up");
  });

  const why = (changes: Partial<WhyAnswer>): WhyAnswer => ({
    technician_id: "r",
    name: "Rui",
    verdict: "excluded",
    rank: null,
    distance_m: 900,
    gap_m: null,
    reasons: [],
    sentence: "",
    reconstructed: false,
    track_expired: false,
    ...changes,
  });
  const reason = (code: string, needed: object = {}) => ({ code, detail: "", needed }) as WhyAnswer["reasons"][number];

  it.each<[string, Partial<WhyAnswer>, unknown]>([
    ["chosen", { verdict: "chosen" }, null],
    ["a candidate", { verdict: "candidate" }, { kind: "ask" }],
    [
      "booked until later",
      { reasons: [reason("slot_taken", { free_from: at(75) })] },
      { kind: "move", start: at(75), time: "13:15" },
    ],
    ["booked and off duty", { reasons: [reason("slot_taken", { free_from: at(75) }), reason("off_duty")] }, null],
    ["too far", { reasons: [reason("outside_radius")] }, { kind: "assign" }],
    ["not active", { reasons: [reason("inactive")] }, null],
  ])("offers what would help: %s", (_name, changes, remedy) => {
    expect(remedyOf(why(changes), when)).toEqual(remedy);
  });
});

describe("the rest of the page", () => {
  it("counts the time of each group, and the total goes on", () => {
    const { total, stays } = groupTrail([stay("Desk", -34, -16), stay("Laptops", -16, null)], texts, when);
    expect(total).toBe("34 min in all");
    expect(stays.map(({ name, current }) => [name, current])).toEqual([
      ["Desk", false],
      ["Laptops", true],
    ]);
    expect(stays[1]?.text).toBe("since 11:44 · 16 min");
    expect(stays.map(({ share }) => share)).toEqual([53, 47]);
  });

  it("tells the loser of a race who was quicker, when, and what is now", () => {
    const body = { changed_by: actor("Marta"), changed_at: at(-0.05), assignee: { id: "b", name: "Bea" } };
    expect(lostText(body, texts, NOON)).toContain("Marta changed it 3 s ago: Bea has it.");
    expect(lostText({ changed_by: actor("", "system"), changed_at: at(-1), state: "offered" }, texts, NOON)).toContain(
      "The service changed it 1 min ago: it is offered.",
    );
  });

  it("sends only what was changed", () => {
    const of = detail(
      order({ customer: { name: "Helena", phone: "1" }, device: { type: "Laptop" }, skills: ["gas"], priority: 2 }),
    );
    const same = fieldsOf(of);
    expect(changesOf(of, same)).toEqual({});
    expect(changesOf(of, { ...same, notes: "  ring twice " })).toEqual({ notes: "ring twice" });
    expect(changesOf(of, { ...same, phone: "" })).toEqual({ customer: { name: "Helena", phone: null, email: null } });
    expect(changesOf(of, { ...same, skills: "gas, oven ,," })).toEqual({ skills: ["gas", "oven"] });
    expect(changesOf(of, { ...same, priority: "high" })).toEqual({});
    expect(changesOf(of, { ...same, priority: "-3", address: "" })).toEqual({ priority: -3, address: null });
  });
});
