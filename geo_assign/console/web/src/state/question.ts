import { batch, computed, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { Candidate, Nearest, WorkOrder } from "../api/types";
import { refusal } from "../model/answers";
import { mergeRanking, type Ranking } from "../model/nearest";
import { isTaken } from "../model/pending";

/** Ranks that have a key and a marker; one more is asked for, to know whether there are more. */
export const SHOWN = 6;

export type Mode = "offer" | "assign";

interface Surroundings {
  client: Client;
  now: () => number;
  /** Called with the order as the service has it after an assignment or a refusal. */
  onOrder: (order: WorkOrder) => void;
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
  readonly giving = signal<{ technicianId: string; mode: Mode } | null>(null);
  private readonly picked = signal<string | null>(null);

  readonly candidates = computed<Candidate[]>(() => this.ranking.value?.answer.candidates ?? []);
  readonly chosen = computed<Candidate | null>(() => {
    const candidates = this.candidates.value;
    return candidates.find((each) => each.technician_id === this.picked.value) ?? candidates[0] ?? null;
  });

  constructor(private readonly around: Surroundings) {}

  /** Open an order, or take its newer version; another order or place asks anew. */
  open(order: WorkOrder | null): void {
    const before = this.order.peek();
    if (before === order) return;
    const same = before !== null && order !== null && before.id === order.id && samePlace(before, order);
    batch(() => {
      this.order.value = order;
      if (same) return;
      this.ranking.value = null;
      this.problem.value = null;
      this.picked.value = null;
      this.whyOpen.value = false;
      if (before?.id !== order?.id) this.answers.value = new Map();
    });
    if (!same || before?.version !== order?.version) void this.ask();
  }

  /** Ask the service; an answer that came too late for the open order is dropped. */
  async ask(): Promise<void> {
    const order = this.order.peek();
    if (!order?.location || isTaken(order)) return;
    this.loading.value = this.ranking.peek() === null;
    try {
      const fresh = await this.around.client.nearest(order.id, SHOWN + 1);
      if (this.order.peek()?.id === order.id) this.take({ ...fresh, candidates: fresh.candidates.slice(0, SHOWN) });
    } catch (error) {
      if (this.order.peek()?.id === order.id && error instanceof ApiProblem) this.problem.value = error.message;
    } finally {
      this.loading.value = false;
    }
  }

  showWaiting(): void {
    const waiting = this.ranking.value?.waiting;
    if (waiting) this.ranking.value = { answer: waiting, waiting: null, changes: 0 };
  }

  choose(technicianId: string): void {
    this.picked.value = technicianId;
  }

  chooseRank(rank: number): void {
    const candidate = this.candidates.value[rank - 1];
    if (candidate) this.choose(candidate.technician_id);
  }

  /** Give the order to the chosen one. Nothing is shown as done before the service says so. */
  async give(mode: Mode): Promise<void> {
    const order = this.order.peek();
    const candidate = this.chosen.peek();
    if (!order || !candidate || isTaken(order) || this.giving.peek()) return;
    this.giving.value = { technicianId: candidate.technician_id, mode };
    try {
      const after = await this.around.client.assign(order, candidate.technician_id, mode);
      this.around.announce(mode === "offer" ? `Offered to ${candidate.name}.` : `Assigned to ${candidate.name}.`);
      this.around.onOrder(after);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.refused(candidate, error);
    } finally {
      this.giving.value = null;
    }
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
    this.ranking.value = shown ? mergeRanking(shown, fresh) : { answer: fresh, waiting: null, changes: 0 };
  }

  private refused(candidate: Candidate, problem: ApiProblem): void {
    const text = refusal(problem.status, problem.body, this.around.now());
    this.answers.value = new Map(this.answers.value).set(candidate.technician_id, text);
    this.around.announce(text);
    void this.reread();
  }
}

function samePlace(a: WorkOrder, b: WorkOrder): boolean {
  return (
    a.location?.lat === b.location?.lat &&
    a.location?.lon === b.location?.lon &&
    a.slot.start === b.slot.start &&
    a.slot.end === b.slot.end
  );
}
