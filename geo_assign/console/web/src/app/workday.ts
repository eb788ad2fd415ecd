/** Everything of the technician who is logged in: duty, places, offers, work, and what waits to be sent. */
import { computed, signal } from "@preact/signals";
import { ApiProblem } from "../api/client";
import type { Calls } from "./api/calls";
import type { Facts, Look, Me, Offers, Presence, Schedule } from "./api/types";
import { WaitingCall } from "./api/waiting";
import type { PhoneClock } from "./clock";
import type { Device } from "./kept/device";
import type { Store } from "./kept/store";
import { byDeadline, type GoneOffer, goneOffers, type OfferedWork } from "./offers/offers";
import { Sharing } from "./positions/sharing";
import { type Day, planDay, type ScheduledWork, type WorkOrder } from "./today/day";
import { Outbox } from "./updates/outbox";
import type { Step } from "./updates/update";

const LOOK_EVERY_MS = 60_000;
const DONE_WITHIN_MS = 26 * 3_600_000;

export class Workday {
  readonly facts = signal<Facts | null>(null);
  readonly presence = signal<Presence | null>(null);
  readonly offers = signal<readonly OfferedWork[]>([]);
  /** Offers that went away by themselves, until that has been read. */
  readonly gone = signal<readonly GoneOffer[]>([]);
  /** Which offer is looked at, where there are several; null: the one that runs out first. */
  readonly chosen = signal<string | null>(null);
  /** Offers that were put aside until later: they stay open. */
  readonly aside = signal<ReadonlySet<string>>(new Set());
  readonly schedule = signal<readonly ScheduledWork[]>([]);
  readonly done = signal<readonly WorkOrder[]>([]);
  /** Null until it is known. */
  readonly looks = signal<readonly Look[] | null>(null);
  /** Whether the schedule is that of the service, now or when it was asked last: without, an empty day says nothing. */
  readonly isKnown = signal(false);
  /** Whether the service answers, and not as it should. */
  readonly isFailing = signal(false);
  /** Renewed each second, by the server's clock. */
  readonly nowMs = signal(0);
  readonly outbox: Outbox;
  readonly sharing: Sharing;
  readonly technicianId: string;
  /** As it is, or will be once what waits is sent. */
  readonly onDuty = computed(
    () => this.presence.value?.on_duty === true && !this.outbox.waiting.value.some(({ kind }) => kind === "off_duty"),
  );
  readonly day = computed<Day>(() =>
    planDay({
      schedule: this.schedule.value,
      done: this.done.value,
      waiting: this.outbox.waiting.value,
      zoneOf: (id) => this.zoneOf(id),
      technicianId: this.technicianId,
      nowMs: this.nowMs.value,
    }),
  );
  /** The offer that takes the screen; null where none does. */
  readonly asking = computed<OfferedWork | null>(() => {
    const open = this.offers.value.filter(({ id }) => !this.aside.value.has(id));
    return open.find(({ id }) => id === this.chosen.value) ?? open[0] ?? null;
  });
  private readonly answered = new Set<string>();
  private readonly offerCall: WaitingCall<Offers>;
  private readonly scheduleCall: WaitingCall<Schedule>;
  private timers: ReturnType<typeof setInterval>[] = [];

  constructor(
    readonly me: Me,
    readonly calls: Calls,
    readonly store: Store,
    readonly clock: PhoneClock,
    readonly device: Device,
  ) {
    this.technicianId = me.technician_id ?? "";
    this.outbox = new Outbox(
      store.updates,
      store.notices,
      this.technicianId,
      (one) => calls.sendUpdate(one),
      () => clock.now(),
    );
    this.outbox.onChanged = () => this.refresh();
    this.sharing = new Sharing(this);
    this.offerCall = new WaitingCall(
      (...asked) => calls.offers(...asked),
      (answer) => this.hearOffers(answer.items, answer.server_now),
    );
    this.scheduleCall = new WaitingCall(
      (...asked) => calls.schedule(...asked),
      (answer) => this.hearSchedule(answer.items, answer.server_now),
      (problem) => {
        this.isFailing.value = problem !== null && problem.status !== 0 && problem.status !== 401;
      },
    );
    this.nowMs.value = clock.now();
  }

  /** Show what was kept, then ask the service. */
  async open(): Promise<void> {
    const { answers } = this.store;
    this.facts.value = (await answers.read<Facts>("facts")) ?? null;
    this.presence.value = (await answers.read<Presence>("presence")) ?? this.me.presence;
    const kept = await answers.read<ScheduledWork[]>("schedule");
    this.schedule.value = kept ?? [];
    this.isKnown.value = kept !== undefined && kept !== null;
    this.done.value = (await answers.read<WorkOrder[]>("done")) ?? [];
    await this.outbox.open();
    await this.sharing.open();
    this.offerCall.start();
    this.scheduleCall.start();
    this.timers = [
      setInterval(() => {
        this.nowMs.value = this.clock.now();
      }, 1000),
      setInterval(() => this.refresh(), LOOK_EVERY_MS),
    ];
    this.wake();
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer);
    this.offerCall.stop();
    this.scheduleCall.stop();
    this.outbox.stop();
    this.sharing.close();
  }

  /** The network is back, the page is seen again, or a push came: ask and send at once. */
  wake(): void {
    this.offerCall.hurry();
    this.scheduleCall.hurry();
    void this.outbox.flush();
    void this.sharing.flush();
    void this.attempt(() => this.readFacts());
    this.refresh();
  }

  async goOnDuty(): Promise<void> {
    for (const one of this.outbox.waiting.value) {
      if (one.kind === "off_duty") await this.outbox.takeBack(one.id);
    }
    this.keepPresence(await this.calls.setDuty(true));
  }

  /** Nothing is shared from now on, also where the service cannot be told yet. */
  async goOffDuty(): Promise<void> {
    this.sharing.pause();
    try {
      this.keepPresence(await this.calls.setDuty(false));
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.status === 401) throw error;
      await this.outbox.add({
        kind: "off_duty",
        id: crypto.randomUUID(),
        owner: this.technicianId,
        at: this.nowText(),
      });
    } finally {
      this.sharing.resume();
    }
  }

  async accept(offer: OfferedWork): Promise<void> {
    this.answered.add(offer.id);
    await this.answer(offer, () => this.calls.accept(offer.id));
    const { number, title } = offer.work_order;
    this.gone.value = [...this.gone.value, { id: offer.id, number, title, ending: "accepted" }];
  }

  async reject(
    offer: OfferedWork,
    reason: Facts["reject_reasons"][number]["code"],
    note: string | null,
  ): Promise<void> {
    this.answered.add(offer.id);
    await this.answer(offer, () => this.calls.reject(offer.id, reason, note));
  }

  async step(order: WorkOrder, step: Step, note: string | null = null): Promise<void> {
    await this.outbox.add({
      kind: "status",
      step,
      note,
      id: crypto.randomUUID(),
      owner: this.technicianId,
      at: this.nowText(),
      work_order_id: order.id,
      number: order.number,
    });
  }

  zoneOf(storeId: string): string {
    const stores = [...(this.facts.value?.stores ?? []), ...this.me.stores];
    return stores.find(({ id }) => id === storeId)?.timezone ?? this.homeZone;
  }

  /** The zone in which a time is told that belongs to no store. */
  get homeZone(): string {
    return this.facts.value?.stores[0]?.timezone ?? this.me.stores[0]?.timezone ?? "UTC";
  }

  nowText(): string {
    return new Date(this.clock.now()).toISOString();
  }

  /** Ask again how presence, looks and finished work stand. */
  refresh(): void {
    if (document.hidden) return;
    void this.attempt(async () => this.keepPresence(await this.calls.presence()));
    void this.attempt(async () => {
      this.looks.value = await this.calls.looks();
    });
    void this.attempt(async () => {
      this.done.value = await this.calls.doneSince(new Date(this.clock.now() - DONE_WITHIN_MS).toISOString());
      await this.store.answers.write("done", this.done.value);
    });
  }

  private async answer(offer: OfferedWork, send: () => Promise<void>): Promise<void> {
    try {
      await send();
      this.offers.value = this.offers.value.filter(({ id }) => id !== offer.id);
    } catch (error) {
      this.answered.delete(offer.id);
      throw error;
    } finally {
      this.offerCall.hurry();
      this.scheduleCall.hurry();
    }
  }

  private async readFacts(): Promise<void> {
    const etag = (await this.store.answers.read<string>("facts-etag")) ?? null;
    const news = await this.calls.facts(this.facts.value === null ? null : etag);
    if (news === null) return;
    this.clock.sync(news.answer.server_now);
    this.facts.value = news.answer;
    await this.store.answers.write("facts", news.answer);
    await this.store.answers.write("facts-etag", news.etag);
  }

  private async hearOffers(items: readonly OfferedWork[], serverNow: string): Promise<void> {
    this.clock.sync(serverNow);
    const before = this.offers.value;
    if (before.some(({ id }) => !items.some((one) => one.id === id))) await this.lookAtSchedule();
    const gone = goneOffers({
      before,
      now: items,
      answered: this.answered,
      scheduled: new Set(this.schedule.value.map(({ id }) => id)),
      nowMs: this.clock.now(),
    });
    this.offers.value = byDeadline(items);
    this.gone.value = [...this.gone.value, ...gone];
  }

  /** An offer that is gone may have become work: only the schedule tells. */
  private async lookAtSchedule(): Promise<void> {
    await this.attempt(async () => {
      const news = await this.calls.schedule(null, false, AbortSignal.timeout(LOOK_EVERY_MS));
      if (news) await this.hearSchedule(news.answer.items, news.answer.server_now);
    });
  }

  private async hearSchedule(items: readonly ScheduledWork[], serverNow: string): Promise<void> {
    this.clock.sync(serverNow);
    this.schedule.value = items;
    this.isKnown.value = true;
    await this.store.answers.write("schedule", items);
  }

  private keepPresence(presence: Presence & { server_now?: string }): void {
    if (presence.server_now) this.clock.sync(presence.server_now);
    this.presence.value = presence;
    void this.store.answers.write("presence", presence);
  }

  /** What can be asked again later, and is missed by no one until then. */
  private async attempt(act: () => Promise<void>): Promise<void> {
    await act().catch((error: unknown) => {
      if (!(error instanceof ApiProblem)) throw error;
    });
  }
}
