import { expect, test } from "vitest";
import { deviceName } from "../../src/app/kept/device";
import { bytesOf } from "../../src/app/push/push";
import { waitAfter } from "../../src/app/retrying";
import { pathOf, type Route, routeOf } from "../../src/app/route";
import { fitWithin } from "../../src/app/work/images";
import { callLink, mapsOf, navigateLink } from "../../src/app/work/links";
import { isUnderWay, nextStep, otherSteps, takesImages } from "../../src/app/work/steps";

const ANDROID = "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130 Mobile";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0";
const DESKTOP = "Mozilla/5.0 (X11; Linux x86_64) Chrome/130";
const here = { lat: 41.15, lon: -8.61 };

test.each([
  [
    ANDROID,
    { location: here, address: "12 Quay Street & Co" },
    "geo:41.15,-8.61?q=41.15,-8.61(12%20Quay%20Street%20%26%20Co)",
  ],
  [ANDROID, { location: null, address: "12 Quay Street" }, "geo:0,0?q=12%20Quay%20Street"],
  [IPHONE, { location: here, address: null }, "https://maps.apple.com/?daddr=41.15%2C-8.61&dirflg=d"],
  [DESKTOP, { location: here, address: "x" }, "https://www.openstreetmap.org/directions?to=41.15%2C-8.61"],
  [DESKTOP, { location: null, address: "x y" }, "https://www.openstreetmap.org/search?query=x%20y"],
  [DESKTOP, { location: null, address: "  " }, null],
])("%s finds the way to %j", (agent, place, link) => expect(navigateLink(place, mapsOf(agent))).toBe(link));

test.each([
  [{ phone: "+351 910 000 001", phone_e164: "+351910000001" }, "tel:+351910000001"],
  [{ phone: "910 / 000-001" }, "tel:910000001"],
  [{ phone_e164: "+4930123", phone_extension: "12" }, "tel:+4930123,12"],
  [{ phone: "javascript:alert(1)" }, "tel:1"],
  [{ phone: "none" }, null],
  [{ phone: null }, null],
])("%j is called by %s", (customer, link) => expect(callLink(customer)).toBe(link));

test.each<[string, Route]>([
  ["/app/", { page: "today" }],
  ["/app/next", { page: "next" }],
  ["/app/work/4f1c-9", { page: "work", id: "4f1c-9" }],
  ["/app/finish/4f1c-9", { page: "finish", id: "4f1c-9" }],
])("%s is a page with that address", (path, page) => {
  expect(routeOf(path)).toEqual(page);
  expect(pathOf(page)).toBe(path);
});

test.each(["/app/nowhere", "/app/work", "/app/work/"])("%s shows today", (path) =>
  expect(routeOf(path)).toEqual({ page: "today" }),
);

test("the steps of work lead to its end", () => {
  let state = nextStep("assigned");
  const said = [state];
  while (state) {
    state = nextStep(state);
    said.push(state);
  }
  expect(said).toEqual(["travelling", "on_site", "in_progress", "completed", null]);
  expect(otherSteps("travelling")).toEqual(["in_progress", "completed"]);
  expect([nextStep("completed"), nextStep("pending"), otherSteps("cancelled")]).toEqual([null, null, []]);
  expect([isUnderWay("assigned"), isUnderWay("on_site"), takesImages("assigned"), takesImages("completed")]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});

test.each([
  [4000, 3000, 1600, 1200],
  [3000, 4000, 1200, 1600],
  [640, 480, 640, 480],
  [10_000, 1, 1600, 1],
])("a photo of %d × %d is sent as %d × %d", (width, height, wide, high) => {
  expect(fitWithin(width, height)).toEqual({ width: wide, height: high });
});

test("waits grow, end, and follow what the service asks for", () => {
  expect([1, 2, 3, 9].map((failures) => waitAfter(failures))).toEqual([2, 4, 8, 60]);
  expect([waitAfter(1, 30), waitAfter(5, null), waitAfter(1, 0)]).toEqual([30, 32, 2]);
});

test("a device has a name of its own", () => {
  expect([ANDROID, IPHONE, DESKTOP].map((agent) => deviceName(agent, "3f2a-77"))).toEqual([
    "Android, browser 3f2a",
    "iPhone, browser 3f2a",
    "Linux, browser 3f2a",
  ]);
});

test("a push key is read from base64 for URLs", () => expect([...bytesOf("-_8B")]).toEqual([251, 255, 1]));
