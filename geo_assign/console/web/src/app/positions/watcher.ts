/** Watches where the phone is while it is on duty, and says why it cannot. */
import { signal } from "@preact/signals";
import { metresBetween } from "../../model/geometry";
import type { PhoneClock } from "../clock";
import { type Fix, fixOf, type Intervals, isDue } from "./fix";
import { afterError, afterFix, type Known, NOTHING_KNOWN, type Silence, silenceOf } from "./silence";

interface BatteryManager extends EventTarget {
  level: number;
  charging: boolean;
}

type WithBattery = Navigator & { getBattery?: () => Promise<BatteryManager> };

export interface Watched {
  onFix: (fix: Fix) => void;
  /** The reason changed; null: positions can be expected again. */
  onSilence: (reason: Silence | null) => void;
}

const TIMEOUT_MS = 30_000;
const LOOK_EVERY_MS = 5_000;

export class Watcher {
  readonly known = signal<Known>(NOTHING_KNOWN);
  /** The newest place, kept or not. */
  readonly here = signal<Fix | null>(null);
  /** Whether a place is being watched for. */
  readonly watching = signal(false);
  intervals: Intervals = { moving_s: 10, standing_s: 30 };
  private owner = "";
  private last: Fix | null = null;
  private watch: number | null = null;
  private heartbeat: ReturnType<typeof setInterval> | undefined;
  private silence: Silence | null = null;

  constructor(
    private readonly clock: PhoneClock,
    private readonly watched: Watched,
  ) {
    void this.listen();
  }

  /** Asks for the permission where it was not given yet. */
  start(owner: string): void {
    if (this.watch !== null && owner === this.owner) return;
    this.stop();
    this.owner = owner;
    this.begin();
  }

  stop(): void {
    if (this.watch !== null) navigator.geolocation.clearWatch(this.watch);
    clearInterval(this.heartbeat);
    this.watch = null;
    this.watching.value = false;
    this.silence = null;
    this.last = null;
    this.here.value = null;
  }

  /** After the permission was given in the browser's settings, or at a person's wish. */
  tryAgain(): void {
    const { owner } = this;
    this.stop();
    this.set({ ...this.known.value, error: null, timeouts: 0 });
    this.start(owner);
  }

  private begin(): void {
    const options = { enableHighAccuracy: true, timeout: TIMEOUT_MS, maximumAge: 0 };
    const found = (position: GeolocationPosition) => this.found(position);
    const failed = ({ code }: GeolocationPositionError) => this.set(afterError(this.known.value, code));
    this.watching.value = true;
    this.watch = navigator.geolocation.watchPosition(found, failed, options);
    // What was known before counts for this time, too.
    this.set(this.known.value);
    // A phone that lies still reports nothing by itself, and would seem to be silent.
    this.heartbeat = setInterval(() => {
      if (this.isOverdue()) navigator.geolocation.getCurrentPosition(found, failed, options);
    }, LOOK_EVERY_MS);
  }

  private isOverdue(): boolean {
    return (
      this.last !== null && this.clock.now() - Date.parse(this.last.recorded_at) >= this.intervals.standing_s * 1000
    );
  }

  private found({ coords, timestamp }: GeolocationPosition): void {
    const fix = fixOf(this.owner, coords, this.clock.at(timestamp), this.known.value.battery);
    this.set(afterFix(this.known.value));
    this.here.value = fix;
    const moved_m = this.last === null ? 0 : metresBetween(this.last, fix);
    if (!isDue(this.last, fix, this.intervals, moved_m)) return;
    this.last = fix;
    this.watched.onFix(fix);
  }

  private set(known: Known): void {
    this.known.value = known;
    const reason = silenceOf(known);
    if (reason === this.silence) return;
    this.silence = reason;
    if (this.watching.value) this.watched.onSilence(reason);
  }

  private async listen(): Promise<void> {
    document.addEventListener("visibilitychange", () => this.set({ ...this.known.value, hidden: document.hidden }));
    const battery = await (navigator as WithBattery).getBattery?.().catch(() => null);
    if (battery) {
      const tell = () => this.set({ ...this.known.value, battery: battery.level, charging: battery.charging });
      for (const event of ["levelchange", "chargingchange"]) battery.addEventListener(event, tell);
      tell();
    }
    const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (permission) {
      const tell = () => this.permitted(permission.state);
      permission.addEventListener("change", tell);
      tell();
    }
  }

  private permitted(permission: PermissionState): void {
    const given = permission === "granted" && this.known.value.permission === "denied";
    this.set({ ...this.known.value, permission });
    if (given && this.watch !== null) this.tryAgain();
  }
}
