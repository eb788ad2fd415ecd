/** Who is logged in on this phone; known without a network from the last time. */
import { signal } from "@preact/signals";
import { ApiProblem, Client, type LogIn } from "../api/client";
import type { OpenedSession } from "../api/types";
import { Session } from "../state/session";
import { Calls } from "./api/calls";
import type { Me } from "./api/types";
import { PhoneClock } from "./clock";
import { type Device, ownDevice } from "./kept/device";
import type { Store } from "./kept/store";
import { forgetPush } from "./push/push";
import { Workday } from "./workday";

/** A technician's log-in names the device that the positions come from. */
class PhoneClient extends Client {
  constructor(private readonly device: Device) {
    super();
  }

  override logIn(entered: LogIn): Promise<OpenedSession> {
    const named = { ...entered, device: this.device.name };
    return super.logIn(named);
  }
}

export class Account {
  readonly device = ownDevice();
  readonly client = new PhoneClient(this.device);
  readonly calls = new Calls(this.client);
  readonly session = new Session(this.client);
  /** Whether the service answered the last call. */
  readonly reached = signal(true);
  readonly day = signal<Workday | null>(null);
  private clock = new PhoneClock();

  constructor(readonly store: Store) {
    this.calls.onReached = (reached) => {
      this.reached.value = reached;
    };
    addEventListener("online", () => this.wake());
    addEventListener("offline", () => {
      this.reached.value = false;
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.wake();
    });
    this.session.me.subscribe((me) => this.turnTo(me as Me | null | undefined));
  }

  /** Who is logged in: as the service says, or where it cannot be reached as it said last. */
  async start(): Promise<void> {
    const { answers } = this.store;
    this.clock = new PhoneClock((await answers.read<number>("clock-offset")) ?? 0);
    const kept = await answers.read<Me>("me");
    if (!kept) {
      await this.session.start();
      const me = this.session.me.peek();
      if (me) await this.keep(me as Me);
      return;
    }
    if (!navigator.onLine) this.reached.value = false;
    try {
      const me = await this.calls.me();
      await this.keep(me);
      this.session.config.value = await this.client.config().catch(() => this.session.config.value);
      this.session.meet(me);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 401) this.session.meet(kept);
      else await this.session.start();
    }
  }

  wake(): void {
    this.day.value?.wake();
  }

  /** Another tab is the app now: this one neither shares nor sends any more. */
  leave(): void {
    this.session.me.value = undefined;
  }

  /** What waits on the phone stays there, for the same technician alone. */
  async logOut(): Promise<void> {
    const day = this.day.value;
    if (day?.onDuty.value && day.sharing.otherDevice() === null) {
      await this.calls.setDuty(true, "logged_out").catch(() => undefined);
    }
    await forgetPush(this.calls, this.device).catch(() => undefined);
    await this.client.logOut();
    await this.store.answers.clear();
    await this.session.logOut();
  }

  private async keep(me: Me): Promise<void> {
    this.clock.sync(me.server_now);
    await this.store.answers.write("me", me);
    await this.store.answers.write("clock-offset", this.clock.offset);
  }

  private turnTo(me: Me | null | undefined): void {
    const day = this.day.peek();
    if (day && day.technicianId === me?.technician_id) return;
    day?.close();
    this.day.value = me?.technician_id ? new Workday(me, this.calls, this.store, this.clock, this.device) : null;
    if (me?.technician_id) void this.store.answers.write("me", me);
    void this.day.value?.open();
  }
}
