/** Why the phone will not be heard from, as far as a browser knows. */
export type Silence = "permission" | "gps_off" | "battery_saver" | "logged_out";

export interface Known {
  permission: PermissionState | "unknown";
  /** The last error of the location service; null since a place came. */
  error: "denied" | "unavailable" | "timeout" | null;
  /** Time-outs one after another: indoors one is nothing. */
  timeouts: number;
  /** 0 to 1; null where the browser does not tell. */
  battery: number | null;
  charging: boolean;
  /** The page is not seen: the system may stop it. */
  hidden: boolean;
}

/** Phones save power from here on: a page that is not seen is stopped then. */
const LOW = 0.15;
const MANY_TIMEOUTS = 3;

export const NOTHING_KNOWN: Known = {
  permission: "unknown",
  error: null,
  timeouts: 0,
  battery: null,
  charging: false,
  hidden: false,
};

/** The reason to report; null while positions can be expected. */
export function silenceOf(known: Known): Silence | null {
  if (known.permission === "denied" || known.error === "denied") return "permission";
  if (known.error === "unavailable" || known.timeouts >= MANY_TIMEOUTS) return "gps_off";
  const low = known.battery !== null && known.battery <= LOW && !known.charging;
  return low && known.hidden ? "battery_saver" : null;
}

const ERRORS: Record<number, NonNullable<Known["error"]>> = { 1: "denied", 2: "unavailable", 3: "timeout" };

/** What is known after the location service failed with one of its codes. */
export function afterError(known: Known, code: number): Known {
  const error = ERRORS[code] ?? "unavailable";
  return { ...known, error, timeouts: error === "timeout" ? known.timeouts + 1 : 0 };
}

/** What is known after a place came: it was allowed. */
export function afterFix(known: Known): Known {
  return { ...known, error: null, timeouts: 0, permission: "granted" };
}
