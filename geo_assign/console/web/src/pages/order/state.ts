/** One work order with everything that its page shows, kept current, and what the dispatcher does with it. */
import { batch, effect, signal } from "@preact/signals";
import { ApiProblem, type Client, ifMatch } from "../../api/client";
import type {
  Completion,
  CustomerLink,
  Decision,
  Destination,
  Ladder,
  OrderDetail,
  OrderEvent,
  WorkOrder,
} from "../../api/types";
import { setQuery } from "../../frame/router";
import type { Desk } from "../../state/desk";
import type { ActionId } from "./actions";

const PAGE = 200;
const SETTLE_MS = 120;
const UNDO_MS = 10_000;

export interface Notice {
  text: string;
  problem: boolean;
}

/** Which form is open: an action's, or another of the page's. */
export type OpenForm = ActionId | "edit" | "assign" | "crew" | "link" | null;

/** How often the customer was here before. */
export interface CustomerHistory {
  count: number;
  since: string;
}

export class OrderState {
  readonly order = signal<OrderDetail | null>(null);
  readonly events = signal<readonly OrderEvent[]>([]);
  readonly ladder = signal<Ladder | null>(null);
  readonly decision = signal<Decision | null>(null);
  readonly completion = signal<Completion | null>(null);
  readonly history = signal<CustomerHistory | null>(null);
  readonly destinations = signal<readonly Destination[]>([]);
  readonly link = signal<CustomerLink | null>(null);
  /** Why the order could not be read; `status` 404: there is none. */
  readonly failed = signal<ApiProblem | null>(null);
  /** Why some of what belongs to the order could not be read, or not again. */
  readonly incomplete = signal<string | null>(null);
  readonly busy = signal(false);
  readonly notice = signal<Notice | null>(null);
  readonly undoable = signal(false);
  readonly form = signal<OpenForm>(null);
  /** The refusal of a change that a colleague's was before: who, when, and what is now. */
  readonly lost = signal<ApiProblem | null>(null);

  private id: string | null = null;
  private shownVersion = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private undoTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly client: Client,
    private readonly desk: Desk,
  ) {}

  /** Show this order, and follow it until the returned function is called. */
  open(id: string): () => void {
    this.id = id;
    this.forget();
    void this.load();
    const stop = effect(() => {
      const live = this.desk.orders.value.get(id);
      const known = this.order.peek();
      if (!known || this.busy.peek()) return;
      // An order that is over leaves the desk: its last version is read once.
      if (live ? live.version > this.shownVersion : !isOver(known)) this.reloadSoon();
    });
    return () => {
      stop();
      clearTimeout(this.timer);
      clearTimeout(this.undoTimer);
      this.id = null;
    };
  }

  /** Read everything that the page shows. */
  async load(): Promise<void> {
    const id = this.id;
    if (id === null) return;
    try {
      const order = (await this.client.order(id)) as OrderDetail;
      if (this.id !== id) return;
      batch(() => {
        this.failed.value = null;
        this.show(order);
      });
      await Promise.all([
        this.loadStory(id),
        this.loadLadder(id),
        this.loadDecision(id, order),
        this.loadRest(id, order),
      ]);
      if (this.id === id) this.incomplete.value = null;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (this.id !== id) return;
      if (this.order.peek()) this.incomplete.value = error.message;
      else this.failed.value = error;
    }
  }

  /** Do something with the order. What is sent names the version that is shown; a colleague's change before it is told. */
  async act(change: (order: OrderDetail) => Promise<WorkOrder | undefined>): Promise<boolean> {
    const order = this.order.peek();
    if (!order || this.busy.peek()) return false;
    batch(() => {
      this.busy.value = true;
      this.notice.value = null;
      this.lost.value = null;
    });
    try {
      const changed = await change(order);
      this.form.value = null;
      // A converted lead goes on as its ticket.
      if (changed && changed.id !== order.id) setQuery({ wo: changed.id });
      this.offerUndo();
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status === 412) this.lost.value = error;
      else this.notice.value = { text: problemText(error), problem: true };
      return false;
    } finally {
      this.busy.value = false;
      await this.load();
    }
  }

  assign(technicianId: string, mode: "offer" | "assign", collaborators: readonly string[] = []): Promise<boolean> {
    const body = { technician_id: technicianId, mode, collaborator_ids: [...collaborators] };
    return this.act(
      async (order) => (await this.client.api.POST("/v1/work-orders/{id}/assign", { params: at(order), body })).data,
    );
  }

  /** Take back what was done last. */
  async undo(): Promise<void> {
    this.undoable.value = false;
    await this.act(async () => (await this.client.api.POST("/v1/undo")).data);
    this.undoable.value = false;
  }

  async makeLink(): Promise<void> {
    await this.linked(
      async (id) =>
        (await this.client.api.POST("/v1/work-orders/{id}/customer-link", { params: { path: { id } } })).data ?? null,
    );
  }

  async revokeLink(): Promise<void> {
    await this.linked(async (id) => {
      await this.client.api.DELETE("/v1/work-orders/{id}/customer-link", { params: { path: { id } } });
      return null;
    });
  }

  private async linked(change: (id: string) => Promise<CustomerLink | null>): Promise<void> {
    const id = this.id;
    if (id === null) return;
    try {
      this.link.value = await change(id);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.notice.value = { text: error.message, problem: true };
    }
  }

  private forget(): void {
    batch(() => {
      for (const one of [
        this.order,
        this.ladder,
        this.decision,
        this.completion,
        this.history,
        this.failed,
        this.incomplete,
        this.notice,
        this.lost,
        this.link,
        this.form,
      ]) {
        one.value = null;
      }
      this.events.value = [];
      this.undoable.value = false;
      this.shownVersion = 0;
    });
  }

  private show(order: OrderDetail): void {
    this.order.value = order;
    this.shownVersion = order.version;
  }

  private reloadSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), SETTLE_MS);
  }

  private offerUndo(): void {
    this.undoable.value = true;
    clearTimeout(this.undoTimer);
    this.undoTimer = setTimeout(() => {
      this.undoable.value = false;
    }, UNDO_MS);
  }

  private async loadStory(id: string): Promise<void> {
    const events: OrderEvent[] = [];
    let cursor: string | undefined;
    do {
      const params = { path: { id }, query: { limit: PAGE, cursor } };
      const { data } = await this.client.api.GET("/v1/work-orders/{id}/events", { params });
      events.push(...(data?.items ?? []));
      cursor = data?.next_cursor ?? undefined;
    } while (cursor);
    if (this.id === id) this.events.value = events;
  }

  private async loadLadder(id: string): Promise<void> {
    const { data } = await this.client.api.GET("/v1/work-orders/{id}/ladder", { params: { path: { id } } });
    if (this.id === id) this.ladder.value = data ?? null;
  }

  private async loadDecision(id: string, order: OrderDetail): Promise<void> {
    if (!order.decision_id) {
      this.decision.value = null;
      return;
    }
    if (this.decision.peek()?.id === order.decision_id) return;
    const { data } = await this.client.api.GET("/v1/decisions/{id}", { params: { path: { id: order.decision_id } } });
    if (this.id === id) this.decision.value = data ?? null;
  }

  private async loadRest(id: string, order: OrderDetail): Promise<void> {
    const path = { id };
    const completion = this.client.api.GET("/v1/work-orders/{id}/completion", { params: { path } });
    if (this.destinations.peek().length === 0) {
      const { data } = await this.client.api.GET("/v1/destinations");
      this.destinations.value = data?.items ?? [];
    }
    const { data } = await completion;
    if (this.id !== id) return;
    this.completion.value = data ?? null;
    // Asked only where there is one: a browser's console counts each 404 as an error.
    this.link.value = order.has_customer_link ? await this.findLink(id) : null;
    const phone = order.customer.phone_e164 ?? order.customer.phone;
    if (phone && !this.history.peek()) await this.loadHistory(id, phone);
  }

  private async findLink(id: string): Promise<CustomerLink | null> {
    try {
      const { data } = await this.client.api.GET("/v1/work-orders/{id}/customer-link", { params: { path: { id } } });
      return data ?? null;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) return null;
      throw error;
    }
  }

  private async loadHistory(id: string, phone: string): Promise<void> {
    const query = { q: phone, limit: 1, sort: "created_at" as const };
    const { data } = await this.client.api.GET("/v1/work-orders", { params: { query } });
    const first = data?.items[0];
    if (this.id === id && data && first && !data.count_is_at_least)
      this.history.value = { count: data.count ?? 1, since: first.created_at };
  }
}

/** The path and the version of an order, for a call that changes it. */
export const at = (order: { id: string; version: number }) => ({ path: { id: order.id }, header: ifMatch(order) });

/** The same for the calls that may do without a version. */
export const seen = (order: { id: string; version: number }) => ({
  params: { path: { id: order.id } },
  headers: ifMatch(order),
});

const isOver = (order: OrderDetail) => order.bucket === "closed";

/** What was wrong, with the fields that the service names. */
export function problemText(error: ApiProblem): string {
  const fields = error.body.errors?.map((one) => one.detail).filter(Boolean) ?? [];
  return fields.length > 0 ? fields.join(" ") : error.message;
}
