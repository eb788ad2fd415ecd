/** What this browser calls itself: the shift follows the device, and its push subscription has its id. */
import { texts } from "../../texts/app";

const KEPT = "geo-assign-device";

export interface Device {
  id: string;
  name: string;
}

const SYSTEMS: readonly [RegExp, string][] = [
  [/android/i, "Android"],
  [/iphone/i, "iPhone"],
  [/ipad/i, "iPad"],
  [/windows/i, "Windows"],
  [/mac os/i, "Mac"],
  [/linux/i, "Linux"],
];

/** `Android, browser 3f2a`: two phones of one technician never have the same name. */
export function deviceName(userAgent: string, id: string): string {
  const system = SYSTEMS.find(([pattern]) => pattern.test(userAgent))?.[1] ?? texts.peek().device.phone;
  return texts.peek().device.browser(system, id.slice(0, 4));
}

/** The device, made once. Where the browser keeps nothing it is made for this page. */
export function ownDevice(storage: Pick<Storage, "getItem" | "setItem"> = localStorage): Device {
  const id = keptId(storage) ?? newId(storage);
  return { id, name: deviceName(navigator.userAgent, id) };
}

function keptId(storage: Pick<Storage, "getItem">): string | null {
  try {
    return storage.getItem(KEPT);
  } catch {
    return null;
  }
}

function newId(storage: Pick<Storage, "setItem">): string {
  const id = crypto.randomUUID();
  try {
    storage.setItem(KEPT, id);
  } catch {
    // A private window: the next page has another id.
  }
  return id;
}
