import { batch, computed, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { Candidate, Exclusion, Nearest, RankBy, WorkOrder } from "../api/types";
import { refusal } from "../model/answers";
import { mergeRanking, type Ranking } from "../model/nearest";
import { isTaken } from "../model/pending";
import { texts } from "../texts/console";

/** Ranks that have a key and a marker; one more is asked for, to know whether there are more. */
export const SHOWN = 6;
/** Orders that are opened faster than this one after the other are not asked about until it stops. */
const IN_PASSING_MS = 250;
/** An order that opened by itself under the fingers is not given away by the key meant for the one before. */
const DISARMED_MS = 1_000;

export type Mode = "offer" | "assign";

/** Whom an order is given to. */
export interface Recipient {
  technician_id: string;
  name: string;
}

interface Surroundings {
  client: Client;
  now: () => number;
  /** Whether there is no connection: nothing can be given, and no key or button tries it. Reads signals. */
  isCut: () => boolean;
  /** Called with the order as the service has it after an assignment or a refusal. */
  onOrder: (order: WorkOrder) => void;
  /** Called after the service said yes: which order was given to whom, and whether instead of another technician. */
  onGiven: (order: WorkOrder, candidate: Recipient, mode: Mode, replaced: boolean) => void;
  announce: (text: string) => void;
}

/** "Who can take it?" for the open order: the ranking, who is chosen, and the attempt to give it. */
export class Question {
  readonly order = signal<WorkOrder | null>(null);
  readonly ranking = signal<Ranking | null>(null);
  readonly loading = signal(false);
  readonly problem = signal<string | null>(null);
  readonly whyOpen = signal(false);
  /** What a try was answered with, by technician. */
  readonly answers = signal<ReadonlyMap<string, string>>(new Map());
  /** What the last try came to where nothing was given; it stays when the order is another's by now. */
  readonly notice = signal<string | null>(null);
  readonly giving = signal<{ technicianId: string; mode: Mode } | null>(null);
  /** Whether an order that a technician has is to be given to another one. */
  readonly replacing = signal(false);
  /** Why: it stays in the history. */
  readonly reason = signal("");
  /** Whether the order is being sent to another store or group. */
  readonly sending = signal(false);
  /** Search as far as this, in metres; null: as far as the store says. */
  readonly radius_m = signal<number | null>(null);
  /** What comes first; null: as the store has it. */
  readonly rank_by = signal<RankBy | null>(null);
  /** Technicians who come along with the one chosen, by id. */
  readonly along = signal<ReadonlySet<string>>(new Set());
  /** The one chosen, and whether a person chose; the first of a ranking is chosen until then, and stays chosen. */
  private readonly picked = signal<{ id: string; byHand: boolean } | null>(null);
  private openedAt = Number.NEGATIVE_INFINITY;
  private disarmedUntil = Number.NEGATIVE_INFINITY;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  readonly candidates = computed<Candidate[]>(() => this.ranking.value?.answer.candidates ?? []);
  /** Who is chosen; null when the chosen one can no longer go. */
  readonly chosen = computed<Candidate | null>(
    () => this.candidates.value.find((each) => each.technician_id === this.picked.value?.id) ?? null,
  );
  /** Who was chosen although something stands in the way. */
  readonly chosenAnyway = computed<Exclusion | null>(() => {
    const { value: picked } = this.picked;
    const { excluded } = this.ranking.value?.answer ?? { excluded: [] };
    return (picked?.byHand && excluded.find((each) => each.technician_id === picked.id)) || null;
  });
  readonly crew = computed<Candidate[]>(() =>
    this.candidates.value.filter(
      ({ technician_id }) => this.along.value.has(technician_id) && technician_id !== this.picked.value?.id,
    ),
  );
  /** Whether nothing can be given to any technician now: something is on its way, or there is no connection. */
  readonly held = computed(() => this.giving.value !== null || this.around.isCut());
  /** Whether the order may be given away: no other technician is asked, nothing holds it. */
  readonly armed = computed(() => {
    const order = this.order.value;
    return (
      order !== null &&
      !order.offer &&
      (!isTaken(order) || this.replacing.value) &&
      this.chosen.value !== null &&
      !this.held.value
    );
  });
  /** Whether a technician other than the one with the open offer was chosen by hand. */
  readonly chosenInstead = computed(() => {
    const order = this.order.value;
    const { value: picked } = this.picked;
    return Boolean(order?.offer && picked?.byHand && picked.id !== order.offer.technician_id && this.chosen.value);
  });

  constructor(private readonly around: Surroundings) {}

  /** Open an order, or take its newer version; another order or place asks anew. */
  open(order: WorkOrder | null): void {
    const before = this.order.peek();
    if (before === order) return;
    const same = before !== null && order !== null && before.id === order.id;
    const sameQuestion = same && samePlace(before, order);
    batch(() => {
      this.order.value = order;
      if (!same) this.forget();
      else if (!samePoint(before, order)) this.ranking.value = null;
      if (same && isTaken(order) !== isTaken(before)) this.replacing.value = false;
    });
    if (!sameQuestion || before?.version !== order?.version) this.askSoon(same);
  }

  /** The order was opened by the console, not by a person: keys do nothing for a moment. */
  disarm(): void {
    this.disarmedUntil = performance.now() + DISARMED_MS;
  }

  /** Ask the service; an answer that came too late for the open order is dropped. */
  async ask(): Promise<void> {
    clearTimeout(this.waiting);
    const order = this.order.peek();
    if (!order?.location || (isTaken(order) && !this.replacing.peek())) return;
    const number = ++this.asked;
    this.loading.value = this.ranking.peek() === null;
    try {
      const asked = { radius_m: this.radius_m.peek(), rank_by: this.rank_by.peek() };
      const fresh = await this.around.client.nearest(order.id, SHOWN + 1, asked);
      if (number === this.asked && this.order.peek()?.id === order.id)
        this.take({ ...fresh, candidates: fresh.candidates.slice(0, SHOWN) });
    } catch (error) {
      if (this.order.peek()?.id === order.id && error instanceof ApiProblem) this.problem.value = error.message;
    } finally {
      this.loading.value = false;
    }
  }

  /** Look as far as this around the order. */
  widen(radius_m: number): void {
    this.radius_m.value = radius_m;
    this.ranking.value = null;
    void this.ask();
  }

  /** Rank anew by distance or drive time; the one chosen by hand stays chosen. */
  rank(by: RankBy | null): void {
    if (by === this.rank_by.peek()) return;
    this.rank_by.value = by;
    this.ranking.value = null;
    void this.ask();
  }

  /** Look for another technician for an order that one has; or stop looking. */
  replace(on: boolean): void {
    batch(() => {
      this.replacing.value = on;
      this.sending.value = false;
    });
    if (on) void this.ask();
  }

  /** Leave what is open inside the order, the innermost first. Whether there was anything. */
  leaveInner(): boolean {
    const open = [this.sending, this.whyOpen, this.replacing].find((each) => each.peek());
    if (open) open.value = false;
    return open !== undefined;
  }

  showWaiting(): void {
    const waiting = this.ranking.value?.waiting;
    if (waiting) this.show(waiting);
  }

  choose(technicianId: string): void {
    this.picked.value = { id: technicianId, byHand: true };
  }

  chooseRank(rank: number): void {
    const candidate = this.candidates.value[rank - 1];
    if (candidate) this.choose(candidate.technician_id);
  }

  toggleAlong(technicianId: string): void {
    const along = new Set(this.along.peek());
    if (!along.delete(technicianId)) along.add(technicianId);
    this.along.value = along;
  }

  /** Enter, or Shift+Enter: not while an offer is open, nor right after an order opened by itself. */
  async giveByKey(mode: Mode): Promise<void> {
    if (!this.armed.peek() || performance.now() < this.disarmedUntil) return;
    const order = this.order.peek();
    // What one has already goes to another at once, and not without the reason.
    if (!order || !isTaken(order)) await this.give(mode);
    else if (this.reason.peek().trim()) await this.give("assign");
  }

  /** Give the order to the chosen one. Nothing is shown as done before the service says so. */
  async give(mode: Mode): Promise<void> {
    const order = this.order.peek();
    const candidate = this.chosen.peek() ?? this.chosenAnyway.peek();
    if (!order || !candidate || this.held.peek()) return;
    if (isTaken(order) && !this.replacing.peek()) return;
    if (mode === "offer" && order.offer?.technician_id === candidate.technician_id) return;
    this.giving.value = { technicianId: candidate.technician_id, mode };
    this.notice.value = null;
    try {
      const after = await this.send(order, candidate, mode);
      this.replacing.value = false;
      this.around.onOrder(after);
      this.around.onGiven(after, candidate, mode, isTaken(order));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      await this.refused(candidate, error);
    } finally {
      this.giving.value = null;
    }
  }

  /** Why it is given to another technician, by the words that a key stands for. */
  reasonKey(key: keyof typeof texts.value.panel.reasons): void {
    this.reason.value = texts.peek().panel.reasons[key];
  }

  private send(order: WorkOrder, candidate: Recipient, mode: Mode): Promise<WorkOrder> {
    const { client } = this.around;
    const reason = this.reason.peek().trim() || null;
    if (isTaken(order)) return client.reallocate(order, candidate.technician_id, mode, reason);
    return client.assign(
      order,
      candidate.technician_id,
      mode,
      this.crew.peek().map((each) => each.technician_id),
    );
  }

  private forget(): void {
    this.ranking.value = null;
    this.problem.value = null;
    this.notice.value = null;
    this.picked.value = null;
    this.whyOpen.value = false;
    this.replacing.value = false;
    this.reason.value = "";
    this.sending.value = false;
    this.radius_m.value = null;
    this.along.value = new Set();
    this.answers.value = new Map();
  }

  /** Thirty presses of J are one question: about the order where they stop. */
  private askSoon(same: boolean): void {
    const now = performance.now();
    const inPassing = !same && now - this.openedAt < IN_PASSING_MS;
    if (!same) this.openedAt = now;
    clearTimeout(this.waiting);
    if (inPassing) this.waiting = setTimeout(() => void this.ask(), IN_PASSING_MS);
    else void this.ask();
  }

  /** The order as it is now, and who can take it now. */
  private async reread(): Promise<void> {
    const id = this.order.peek()?.id;
    const order = id ? await this.around.client.order(id).catch(() => null) : null;
    if (order) this.around.onOrder(order);
    void this.ask();
  }

  private take(fresh: Nearest): void {
    const shown = this.ranking.peek()?.answer;
    this.problem.value = null;
    if (shown && shown.candidates.length > 0) this.ranking.value = mergeRanking(shown, fresh);
    else this.show(fresh);
  }

  private show(answer: Nearest): void {
    const first = answer.candidates[0];
    batch(() => {
      this.ranking.value = { answer, waiting: null, changes: 0 };
      if (!this.picked.peek() && first) this.picked.value = { id: first.technician_id, byHand: false };
    });
  }

  /** Nothing else is given before the order is known as it is now. */
  private async refused(candidate: Recipient, problem: ApiProblem): Promise<void> {
    const text = refusal(problem.status, problem.body, this.around.now());
    this.answers.value = new Map(this.answers.value).set(candidate.technician_id, text);
    this.notice.value = text;
    this.around.announce(text);
    await this.reread();
  }
}

function samePoint(a: WorkOrder, b: WorkOrder): boolean {
  return a.location?.lat === b.location?.lat && a.location?.lon === b.location?.lon;
}

function samePlace(a: WorkOrder, b: WorkOrder): boolean {
  return samePoint(a, b) && a.slot.start === b.slot.start && a.slot.end === b.slot.end;
}
