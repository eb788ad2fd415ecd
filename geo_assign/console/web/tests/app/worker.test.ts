import { inflateSync } from "node:zlib";
import { expect, test } from "vitest";
import { circlesOf, pngIcon } from "../../build/icons";
import { howToAnswer, notificationOf } from "../../src/app/worker/answers";

const SHELL = ["/console/assets/app-1.js"];
const asked = (path: string, more: object = {}) => ({ method: "GET", isPage: false, path, isOurs: true, ...more });

test.each([
  [asked("/app/", { isPage: true }), "page"],
  [asked("/app/work/7", { isPage: true }), "page"],
  [asked("/console/", { isPage: true }), "network"],
  [asked("/console/assets/app-1.js"), "shell"],
  [asked("/console/assets/maplibre-2.js"), "large"],
  [asked("/console/config.json"), "network"],
  [asked("/v1/me"), "network"],
  [asked("/v1/me/offers"), "network"],
  [asked("/v1/work-orders/1/photos/2"), "network"],
  [asked("/console/assets/app-1.js", { method: "POST" }), "network"],
  [asked("/console/assets/app-1.js", { isOurs: false }), "network"],
] as const)("%j is answered by the %s", (request, how) => expect(howToAnswer(request, SHELL)).toBe(how));

test.each(["offer", "offer_withdrawn", "assigned", "unassigned"] as const)(
  "a push of %s replaces what is older of its work order",
  (kind) => {
    const { title, options } = notificationOf({ kind, work_order_id: "w1", title: "<img src=x>", body: "b" });
    expect([title, options.tag, options.body]).toEqual(["<img src=x>", "w1", "b"]);
    expect(options.requireInteraction).toBe(kind === "offer");
    expect(options.renotify).toBe(kind === "offer" || kind === "assigned");
  },
);

const MARK =
  '<svg><circle cx="12" cy="12" r="9" fill="none" stroke="#000" stroke-width="2"/><circle cx="12" cy="12" r="3" fill="#000"/></svg>';

test("an icon is a PNG of the mark", () => {
  const size = 48;
  const icon = pngIcon(circlesOf(MARK), size, 1, { ground: [1, 2, 3], ink: [9, 9, 9], accent: [200, 0, 0] });
  expect(icon.subarray(1, 4).toString()).toBe("PNG");
  expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([size, size]);
  const rows = inflateSync(icon.subarray(41, icon.length - 16));
  const pixel = (x: number, y: number) => [...rows.subarray(y * (size * 4 + 1) + 1 + x * 4).subarray(0, 4)];
  expect([pixel(24, 24), pixel(42, 24), pixel(0, 0), pixel(33, 24)]).toEqual([
    [200, 0, 0, 255],
    [9, 9, 9, 255],
    [1, 2, 3, 255],
    [1, 2, 3, 255],
  ]);
});
