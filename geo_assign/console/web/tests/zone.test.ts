import { describe, expect, it } from "vitest";
import { clockTime, dayName, localDate, moment, slotText, zoneCity, zoneName } from "../src/model/zone";

const ms = (text: string) => Date.parse(text);

describe("times in a store's zone", () => {
  it("do not depend on the viewer's zone", () => {
    expect(clockTime(ms("2026-11-22T14:32:00Z"), "Europe/Lisbon")).toBe("14:32");
    expect(clockTime(ms("2026-11-22T14:32:00Z"), "Asia/Kolkata")).toBe("20:02");
    expect(zoneName(ms("2026-07-22T14:32:00Z"), "Europe/London")).toBe("BST");
  });

  it("tell the second pass through a repeated hour from the first", () => {
    expect(clockTime(ms("2026-10-25T00:30:00Z"), "Europe/Lisbon")).toBe("01:30");
    expect(clockTime(ms("2026-10-25T01:30:00Z"), "Europe/Lisbon")).toBe("01:30 (2nd)");
  });

  it("write midnight as 00:00", () => {
    expect(clockTime(ms("2026-11-22T00:00:00Z"), "Europe/Lisbon")).toBe("00:00");
  });

  it("count local days, also when a day has 25 hours", () => {
    const evening = ms("2026-10-24T22:30:00Z");
    expect(localDate(evening, "Europe/Lisbon")).toBe("2026-10-24");
    expect(dayName(ms("2026-10-25T23:30:00Z"), evening, "Europe/Lisbon")).toBe("Tomorrow");
    expect(dayName(ms("2026-10-26T08:00:00Z"), evening, "Europe/Lisbon")).toBe("Mon");
    expect(dayName(ms("2026-11-20T08:00:00Z"), evening, "Europe/Lisbon")).toBe("20 Nov");
  });

  it("leave the day away when it is today", () => {
    const now = ms("2026-11-22T10:00:00Z");
    expect(moment(ms("2026-11-22T15:30:00Z"), now, "UTC")).toBe("15:30");
    expect(moment(ms("2026-11-23T07:00:00Z"), now, "UTC")).toBe("Tomorrow 07:00");
    expect(slotText({ start: "2026-11-22T15:30:00Z", end: "2026-11-22T16:30:00Z" }, now, "UTC")).toBe(
      "Today 15:30–16:30",
    );
  });
});

describe("the city of a clock", () => {
  it.each([
    ["Europe/Lisbon", "Europe/Lisbon", ""],
    ["Europe/Lisbon", "Europe/London", ""],
    ["Europe/Lisbon", "Europe/Madrid", "Lisbon"],
    ["Atlantic/Azores", "Europe/Lisbon", "Azores"],
    ["America/Argentina/Buenos_Aires", "UTC", "Buenos Aires"],
    ["UTC", "Europe/Lisbon", ""],
  ])("of %s is told to a viewer in %s as '%s'", (zone, viewer, city) => {
    expect(zoneCity(Date.parse("2026-11-22T12:00:00Z"), zone, viewer)).toBe(city);
  });
});
