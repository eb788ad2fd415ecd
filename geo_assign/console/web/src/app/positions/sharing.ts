/** Shares where the phone is: watches while on duty, keeps what it finds, and sends it. */
import { effect, signal, untracked } from "@preact/signals";
import { ApiProblem } from "../../api/client";
import type { Workday } from "../workday";
import { PositionBuffer } from "./buffer";
import { PositionSender } from "./sender";
import type { Silence } from "./silence";
import { Watcher } from "./watcher";

export class Sharing {
  readonly watcher: Watcher;
  /** How many positions wait to be sent. */
  readonly waiting = signal(0);
  /** The technician wants the positions to come from here, whichever device sent them before. */
  readonly fromHere = signal(false);
  private readonly buffer: PositionBuffer;
  private readonly sender: PositionSender;
  private readonly paused = signal(true);
  private stopFollowing = () => {};

  constructor(private readonly day: Workday) {
    this.watcher = new Watcher(day.clock, {
      onFix: (fix) => void this.keep(fix),
      onSilence: (reason) => void this.tell(reason),
    });
    this.buffer = new PositionBuffer(day.store.fixes, day.technicianId);
    this.sender = new PositionSender(this.buffer, (positions) => day.calls.sendPositions(positions), {
      onSettled: (refusals, waiting) => {
        this.waiting.value = waiting;
        // Duty ended elsewhere: by a dispatcher, or on another device.
        if (refusals.has("off_duty")) day.refresh();
      },
      onInterval: (seconds) => {
        this.watcher.intervals = { ...this.watcher.intervals, standing_s: seconds };
      },
      onStopped: () => {},
    });
  }

  async open(): Promise<void> {
    this.waiting.value = await this.buffer.count();
    this.paused.value = false;
    this.stopFollowing = effect(() => {
      const wanted = this.day.facts.value?.positions;
      if (wanted) this.watcher.intervals = { moving_s: wanted.moving_s, standing_s: wanted.standing_s };
      const wantsPlaces = this.isWanted();
      untracked(() => (wantsPlaces ? this.watcher.start(this.day.technicianId) : this.watcher.stop()));
    });
  }

  close(): void {
    this.stopFollowing();
    this.watcher.stop();
    this.sender.stop();
  }

  pause(): void {
    this.paused.value = true;
  }

  resume(): void {
    this.paused.value = false;
  }

  flush(): Promise<void> {
    return this.sender.flush();
  }

  /** The device that sends the positions instead of this one; null where it is this one, or none. */
  otherDevice(): string | null {
    const device = this.day.presence.value?.device ?? null;
    return device === null || device === this.day.device.name || this.fromHere.value ? null : device;
  }

  private isWanted(): boolean {
    return this.day.onDuty.value && !this.paused.value && this.otherDevice() === null && "geolocation" in navigator;
  }

  private async keep(fix: Parameters<PositionBuffer["add"]>[0]): Promise<void> {
    await this.buffer.add(fix);
    this.waiting.value = await this.buffer.count();
    await this.sender.flush();
  }

  /** Dispatchers see why nothing is heard; a position takes it back by itself. */
  private async tell(reason: Silence | null): Promise<void> {
    if (reason === null || !this.day.onDuty.value) return;
    await this.day.calls.setDuty(true, reason).catch((error: unknown) => {
      if (!(error instanceof ApiProblem)) throw error;
    });
  }
}
