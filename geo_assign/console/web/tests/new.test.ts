import { describe, expect, it } from "vitest";
import type { WorkOrder } from "../src/api/types";
import {
  bodyOf,
  canLookUp,
  duplicateOf,
  emptyDraft,
  fieldOf,
  isWorthKeeping,
  knownCustomer,
  readDraft,
  slotDays,
} from "../src/pages/new/model";
import { at, NOON, order } from "./made";

const ZONE = "Europe/Lisbon";
const customer = (phone: string, name = "Helena Duarte") => ({ name, phone, email: null }) as WorkOrder["customer"];

describe("a draft", () => {
  it("is sent without what was left blank", () => {
    const draft = { ...emptyDraft("lead", "s1"), name: " Helena ", phone: " ", address: "12 Quay Street", brand: " " };
    expect(bodyOf(draft)).toMatchObject({
      store_id: "s1",
      customer: { name: "Helena", phone: null, email: null },
      address: "12 Quay Street",
      device: null,
      slot: null,
      assignee_id: null,
      priority: 0,
    });
  });

  it("names the technician of its slot only when that one is to go", () => {
    const slot = { start: at(60), end: at(120) };
    const draft = { ...emptyDraft("lead", "s1"), slot, slotTechnician: { id: "t1", name: "Ana" } };
    expect(bodyOf(draft)).toMatchObject({ slot, assignee_id: null });
    expect(bodyOf({ ...draft, assignment: "suggested" }).assignee_id).toBe("t1");
    expect(bodyOf({ ...draft, typedSlot: "2026-11-30T15:30" }).slot).toEqual({ start: "2026-11-30T15:30" });
    const marked = { ...draft, typedSlot: "2026-11-30T15:30", typedEnd: "2026-11-30T17:15" };
    expect(bodyOf(marked).slot).toEqual({ start: "2026-11-30T15:30", end: "2026-11-30T17:15" });
  });

  it.each(["phone", "notes", "issue"] as const)("is worth keeping once %s is typed", (name) => {
    expect(isWorthKeeping(emptyDraft("lead", "s1"))).toBe(false);
    expect(isWorthKeeping({ ...emptyDraft("lead", "s1"), [name]: "x" })).toBe(true);
  });

  it("is read as it was kept, and loses what does not fit any more", () => {
    const draft = { ...emptyDraft("ticket", "s1"), name: "Karl", skills: ["oven"], location: { lat: 1, lon: 2 } };
    expect(readDraft(JSON.stringify(draft), ["s1"])).toEqual(draft);
    expect(readDraft(JSON.stringify({ ...draft, skills: "oven", other: 1 }), ["s1"])).toMatchObject({ skills: [] });
    expect(readDraft(JSON.stringify({ ...draft, groupId: "g1" }), ["s2"])).toMatchObject({
      storeId: "s2",
      groupId: "",
    });
  });

  it.each([null, "", "{", "null", '"text"', "3"])("is none for %s", (text) => {
    expect(readDraft(text, ["s1"])).toBeNull();
  });

  it.each([
    ["/customer/phone", "phone"],
    ["/customer/name", "name"],
    ["/slot/start", "typedSlot"],
    ["/device/model", "model"],
    ["/skills/0", "skills"],
    ["/location/lat", "address"],
    ["/external_id", null],
    ["/notesomething", null],
  ])("has the problem of %s at %s", (pointer, field) => {
    expect(fieldOf(pointer)).toBe(field);
  });
});

describe("a customer by phone", () => {
  const orders = [
    order({
      id: "b",
      customer: customer("+351 912 345 678"),
      address: "2 Low Lane",
      created_at: "2026-03-01T10:00:00Z",
    }),
    order({
      id: "a",
      customer: customer("912345678", "H. Duarte"),
      address: "2 Low Lane",
      created_at: "2024-03-01T10:00:00Z",
    }),
    order({ id: "c", customer: customer("912 000 000", "Other"), address: "9 Far Road" }),
  ];

  it("is known however the number is written", () => {
    for (const typed of ["912345678", "+351 912 345 678", "00351-912-345-678"]) {
      expect(knownCustomer(orders, typed)).toMatchObject({ name: "Helena Duarte", orders: 2, firstYear: 2024 });
    }
    // A place as the service takes it: how it was found does not go along.
    expect(knownCustomer(orders, "912345678")?.places).toEqual([
      { address: "2 Low Lane", location: { lat: 41, lon: -30 } },
    ]);
  });

  it("is not known by a few digits or another number", () => {
    expect(canLookUp("91234")).toBe(false);
    expect(knownCustomer(orders, "34567")).toBeNull();
    expect(knownCustomer(orders, "912999999")).toBeNull();
    expect(knownCustomer([], "912345678")).toBeNull();
  });

  it("who waits that day is pointed out", () => {
    const waiting = order({ number: "L-9", customer: customer("912345678"), slot: { start: at(120), end: at(180) } });
    const today = { phone: "+351912345678", slot: null, typedSlot: "" };
    expect(duplicateOf([waiting], today, NOON, ZONE)?.number).toBe("L-9");
    expect(duplicateOf([{ ...waiting, state: "completed" }], today, NOON, ZONE)).toBeNull();
    expect(duplicateOf([waiting], { ...today, typedSlot: "2026-11-30T09:00" }, NOON, ZONE)).toBeNull();
    expect(duplicateOf([waiting], { ...today, phone: "913000000" }, NOON, ZONE)).toBeNull();
  });
});

describe("free slots", () => {
  const slot = (minutes: number) => ({ start: at(minutes), end: at(minutes + 60), technicians: [], others: 0 });

  it("are shown by day, without those that overlap", () => {
    const days = slotDays([slot(60), slot(75), slot(120), slot(180), slot(240), slot(1440), slot(2880)], ZONE);
    expect(days.map(({ slots }) => slots.map(({ start }) => start))).toEqual([[at(60), at(120), at(180)], [at(1440)]]);
  });

  it("are none when there are none", () => {
    expect(slotDays([], ZONE)).toEqual([]);
  });
});
