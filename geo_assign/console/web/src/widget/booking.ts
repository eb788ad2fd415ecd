/** The steps of a booking: what is shown, what is asked of the service, and what is done when that fails. */

import { type DeviceKind, type Draft, leadOf, newAttempt, newDraft } from "./draft";
import { Panel } from "./panel";
import { solve } from "./proof";
import { type Booked, type Lead, Refusal, type Service, type Slot, type Store } from "./service";
import { type Day, dateIn, daysOf, laterDate, nearestTo } from "./slots";
import { addressStep } from "./steps/address";
import { contactStep } from "./steps/contact";
import { deviceStep } from "./steps/device";
import { doneStep } from "./steps/done";
import { timeStep } from "./steps/time";
import type { Texts } from "./texts";
import { Times } from "./times";

/** What the page's owner has settled. */
export interface Options {
  heading: string;
  kinds: DeviceKind[];
  skills: string[];
  storeId: string;
  referral: string;
  asksReferral: boolean;
  /** The page is ours and about nothing else. */
  isPage: boolean;
  onClose?: () => void;
}

/** A step as the panel draws it. Without `submit` there is nothing to go on to. */
export interface View {
  heading: string;
  body: (Node | null)[];
  submit?: { label: string; act: () => void | Promise<void>; note?: string };
}

const STEPS = [deviceStep, addressStep, timeStep, contactStep, doneStep] as const;
export const [DEVICE, ADDRESS, TIME, CONTACT, DONE] = [0, 1, 2, 3, 4];
const DAYS_AT_ONCE = 8;
const MOST_SLOTS = 50;
const NEAREST = 3;
const DAY_MS = 86_400_000;

export class Booking {
  draft: Draft = newDraft();
  step = DEVICE;
  stores: Store[] = [];
  booked: Booked | null = null;
  /** The address was looked for in vain, and is taken as it is. */
  isUnplaced = false;
  lost: { slot: Slot; nearest: Slot[] } | null = null;
  readonly panel: Panel;
  private known = new Map<string, Slot>();
  private upTo = new Date(0);
  private isCut = false;
  private sent: { lead: Lead; attempt: string; of: string } | null = null;

  constructor(
    readonly service: Service,
    readonly texts: Texts,
    readonly language: string,
    readonly options: Options,
  ) {
    this.panel = new Panel(this);
  }

  /** Ask what may be booked here, and begin. */
  async start(): Promise<void> {
    this.panel.wait();
    try {
      const stores = await this.service.stores();
      const chosen = stores.filter((store) => store.id === this.options.storeId);
      this.stores = this.options.storeId ? chosen : stores;
    } catch (problem) {
      const found = await this.explain(problem);
      this.panel.fail(this.wordsOf(found), found.trouble === "closed" ? undefined : () => this.start());
      return;
    }
    if (!this.stores.length) {
      this.panel.fail(this.texts.trouble.closed);
      return;
    }
    this.draft.storeId ||= this.stores[0]?.id ?? "";
    this.go(DEVICE);
  }

  get store(): Store {
    return this.stores.find((store) => store.id === this.draft.storeId) ?? (this.stores[0] as Store);
  }

  get times(): Times {
    return new Times(this.texts, this.language, this.store.timezone);
  }

  get kinds(): DeviceKind[] {
    if (this.options.kinds.length) return this.options.kinds;
    return this.texts.device.kinds.map((name) => ({ name, skills: [] }));
  }

  get skills(): string[] {
    const own = this.kinds.find((kind) => kind.name === this.draft.kind)?.skills ?? [];
    return [...new Set([...this.options.skills, ...own])];
  }

  get days(): Day[] {
    const { zone } = this.times;
    const last = this.isCut ? dateIn(zone, this.upTo) : laterDate(dateIn(zone, this.upTo), -1);
    const slots = [...this.known.values()].filter((slot) => dateIn(zone, new Date(slot.start)) <= last);
    return daysOf(slots, zone, this.times.today(), last, !this.isCut);
  }

  go(step: number): void {
    this.step = step;
    this.panel.draw(STEPS[step]?.(this) as View);
  }

  /** Draw the same step anew, and leave the focus where it is. */
  redraw(): void {
    this.panel.draw(STEPS[this.step]?.(this) as View, { keepFocus: true });
  }

  /** The first free times near the address, which is found or refused by it. Raises Refusal. */
  async findTimes(): Promise<void> {
    this.known.clear();
    this.draft.slot = null;
    this.upTo = new Date();
    await this.findLater();
  }

  /** The days after those that are known. Raises Refusal. */
  async findLater(): Promise<void> {
    // Of the last day only a part was looked at, so the next search begins a day before its end.
    const from = this.isCut || !this.known.size ? this.upTo : new Date(this.upTo.getTime() - DAY_MS);
    const to = new Date(Math.max(from.getTime(), Date.now()) + DAYS_AT_ONCE * DAY_MS);
    const { slots } = await this.service.slots({
      store_id: this.draft.storeId,
      address: this.draft.address.trim(),
      skills: this.skills,
      from: from.toISOString(),
      to: to.toISOString(),
      limit: MOST_SLOTS,
      disjoint: true,
    });
    for (const slot of slots) this.known.set(slot.start, slot);
    this.isCut = slots.length === MOST_SLOTS;
    this.upTo = this.isCut ? new Date(slots.at(-1)?.end ?? to) : to;
  }

  /** Send the lead. What was sent already and got no answer is sent again as it was, and makes one lead. */
  async book(): Promise<void> {
    const { texts } = this;
    this.panel.say(texts.contact.proving);
    const of = JSON.stringify([this.draft, this.skills]);
    try {
      if (this.sent?.of !== of) {
        const proof = await solve(await this.service.challenge());
        this.sent = { lead: leadOf(this.draft, this.skills, proof, this.options.referral), attempt: newAttempt(), of };
      }
      this.panel.say(texts.contact.sending);
      this.booked = await this.service.book(this.sent.lead, this.sent.attempt);
    } catch (problem) {
      await this.recover(problem);
      return;
    }
    this.go(DONE);
    this.panel.tell(this.booked);
  }

  again(): void {
    const { storeId, name, phone, email, address, extra } = this.draft;
    this.draft = { ...newDraft(), storeId, name, phone, email, address, extra };
    this.booked = this.sent = this.lost = null;
    this.go(DEVICE);
  }

  /** What went wrong, in the visitor's language. */
  wordsOf(problem: unknown): string {
    if (!(problem instanceof Refusal)) return this.texts.trouble.broken;
    if (problem.trouble === "busy") return this.texts.trouble.busy(Math.ceil(problem.afterS));
    const words = this.texts.trouble[problem.trouble];
    return problem.trouble === "input" && problem.detail ? `${words} ${problem.detail}` : words;
  }

  /** A browser hides the answer from pages that the key is not for: then the service is there, and says nothing. */
  private async explain(problem: unknown): Promise<Refusal> {
    const refusal = problem instanceof Refusal ? problem : new Refusal("broken");
    const isHidden = refusal.trouble === "offline" && (await this.service.isThere());
    return isHidden ? new Refusal("closed") : refusal;
  }

  private async recover(problem: unknown): Promise<void> {
    const trouble = problem instanceof Refusal ? problem.trouble : "broken";
    // An attempt without an answer may have made the lead: only that one is repeated.
    if (trouble !== "offline" && trouble !== "busy") this.sent = null;
    if (trouble === "slot" && this.draft.slot) return this.offerNearest(this.draft.slot);
    this.panel.complain(this.wordsOf(problem));
  }

  private async offerNearest(slot: Slot): Promise<void> {
    try {
      await this.findTimes();
    } catch (problem) {
      this.panel.complain(this.wordsOf(problem));
      return;
    }
    this.known.delete(slot.start);
    this.lost = { slot, nearest: nearestTo(slot, [...this.known.values()], NEAREST) };
    this.go(TIME);
  }
}
