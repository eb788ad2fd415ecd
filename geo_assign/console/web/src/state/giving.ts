import { computed, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { WorkOrder } from "../api/types";
import { refusal } from "../model/answers";
import { texts } from "../texts/console";
import type { Mode, Recipient } from "./question";

/** How long the way back stands on the screen; the service takes it for a minute. */
export const TOLD_MS = 10_000;

export interface Told {
  text: string;
  /** The order that was given, while it can be taken back. */
  orderId: string | null;
  untilMs: number;
}

interface Surroundings {
  client: Client;
  now: () => number;
  onOrder: (order: WorkOrder) => void;
  announce: (text: string) => void;
  /** Open what comes after this order. */
  openNext: (orderId: string) => void;
  open: (orderId: string) => void;
}

/** What follows after an order was given: the next one opens, and for a moment it can be taken back. */
export class Giving {
  readonly told = signal<Told | null>(null);
  readonly busy = signal(false);
  readonly problem = signal<string | null>(null);
  readonly canUndo = computed(() => this.told.value?.orderId != null && !this.busy.value);

  constructor(private readonly around: Surroundings) {}

  /** An order that changed hands stays open: the next one opens after one that waited. */
  given(order: WorkOrder, candidate: Recipient, mode: Mode, replaced = false): void {
    const words = texts.value.panel;
    const text = (mode === "offer" ? words.offeredOf : words.assignedOf)(order.number, candidate.name);
    this.tell(text, order.id);
    if (mode === "assign" && !replaced) this.around.openNext(order.id);
  }

  /** Take it back from the technician who has it or is asked. */
  async unassign(order: WorkOrder): Promise<void> {
    await this.tried(async () => {
      const after = await this.around.client.unassign(order);
      this.around.onOrder(after);
      this.tell(texts.value.panel.unassigned(after.number), after.id);
    }, order.id);
  }

  /** Take back what was done last. */
  async undo(): Promise<void> {
    const id = this.told.peek()?.orderId;
    await this.tried(async () => {
      const after = await this.around.client.undo();
      this.around.onOrder(after);
      this.tell(texts.value.panel.undone(after.number), null);
      this.around.open(after.id);
    }, id ?? null);
  }

  /** What was told long enough ago is taken off the screen. */
  tick(nowMs: number): void {
    const told = this.told.peek();
    if (told && nowMs >= told.untilMs) this.told.value = null;
  }

  private async tried(act: () => Promise<void>, orderId: string | null): Promise<void> {
    if (this.busy.peek()) return;
    this.busy.value = true;
    this.problem.value = null;
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      const text =
        error.code === "nothing_to_undo"
          ? texts.value.panel.nothingToUndo
          : refusal(error.status, error.body, this.around.now());
      this.problem.value = text;
      this.tell(text, null);
      const order = orderId ? await this.around.client.order(orderId).catch(() => null) : null;
      if (order) this.around.onOrder(order);
    } finally {
      this.busy.value = false;
    }
  }

  /** Something else was done with an order: it is told like what was given, with the way back. */
  say(text: string, orderId: string): void {
    this.tell(text, orderId);
  }

  private tell(text: string, orderId: string | null): void {
    this.told.value = { text, orderId, untilMs: this.around.now() + TOLD_MS };
    this.around.announce(text);
  }
}
