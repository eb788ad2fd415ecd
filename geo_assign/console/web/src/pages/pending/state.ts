/** What is chosen on the page of pending work, and what is done with several orders at once. */
import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { ApiProblem, type Client, ifMatch } from "../../api/client";
import type { ListView, Optimization, OptimizedPair, WorkOrder } from "../../api/types";
import { address, queryValue, setQuery } from "../../frame/router";
import { inOrder } from "../../model/pending";
import type { Desk } from "../../state/desk";
import { texts } from "../../texts/console";
import { lostText } from "../order/lost";
import {
  addressOf,
  contentOf,
  countOf,
  type Row,
  rangeOf,
  rowsOf,
  type Settings,
  settingsFrom,
  settingsOfView,
  tabCounts,
} from "./model";

/** More ids than this make the address too long: they stay in this window alone. */
const MOST_IN_ADDRESS = 60;

export type Pane = "optimise" | "assign" | "transfer";
const PANES: readonly string[] = ["optimise", "assign", "transfer"];

/** What became of one order of several. */
export interface Outcome {
  text: string;
  failed: boolean;
}

export class PendingState {
  readonly views = signal<readonly ListView[]>([]);
  /** What went wrong with the saved views, as a sentence. */
  readonly viewProblem = signal<string | null>(null);
  readonly ticked = signal<ReadonlySet<string>>(new Set());
  /** The row that the keys are on. */
  readonly cursor = signal<string | null>(null);
  readonly preview = signal<Optimization | null>(null);
  readonly working = signal(false);
  readonly problem = signal<string | null>(null);
  readonly outcomes = signal<ReadonlyMap<string, Outcome>>(new Map());
  private anchor: string | null = null;
  private committing = false;

  readonly view: ReadonlySignal<ListView | null> = computed(() => {
    const id = queryValue("view");
    return this.views.value.find((view) => view.id === id) ?? null;
  });
  readonly settings: ReadonlySignal<Settings> = computed(() => settingsFrom(address.value.query, this.view.value));
  readonly pane: ReadonlySignal<Pane | null> = computed(() => {
    const wanted = queryValue("pane") ?? "";
    return PANES.includes(wanted) ? (wanted as Pane) : null;
  });
  readonly orders: ReadonlySignal<readonly WorkOrder[]> = computed(() => inOrder(this.desk.groups.value));
  readonly rows: ReadonlySignal<readonly Row[]> = computed(() =>
    rowsOf({
      orders: this.orders.value,
      farewells: this.desk.farewells.value,
      settings: this.settings.value,
      texts: texts.value.pending,
      groupName: (id) => this.groupName(id),
    }),
  );
  readonly counts = computed(() => tabCounts({ orders: this.orders.value, farewells: this.desk.farewells.value }));
  /** How many rows each saved view has. */
  readonly viewCounts: ReadonlySignal<ReadonlyMap<string, number>> = computed(() => {
    const known = { orders: this.orders.value, farewells: this.desk.farewells.value };
    return new Map(this.views.value.map((view) => [view.id, countOf(known, settingsOfView(view))]));
  });
  /** The ticked orders that still wait, in the order of the rows. */
  readonly chosen: ReadonlySignal<readonly WorkOrder[]> = computed(() => {
    const ids = this.ticked.value;
    const leaving = new Set(this.desk.farewells.value.map(({ from }) => from.id));
    return this.orders.value.filter(({ id }) => ids.has(id) && !leaving.has(id));
  });

  constructor(
    readonly client: Client,
    readonly desk: Desk,
  ) {
    this.ticked.value = new Set(queryValue("sel")?.split(",").filter(Boolean));
  }

  groupName(id: string | null): string {
    return this.desk.me.groups.find((group) => group.id === id)?.name ?? "";
  }

  /** Change what the list shows; the address says how it differs from the view. */
  change(changes: Partial<Settings>): void {
    setQuery(addressOf({ ...this.settings.peek(), ...changes }, this.view.peek()), {
      replace: "search" in changes || "columns" in changes,
    });
  }

  openView(id: string | null): void {
    setQuery({ view: id, tab: null, cols: null, sort: null, group: null, kind: null, q: null });
  }

  openTab(tab: Settings["tab"]): void {
    if (this.view.peek()) this.openView(null);
    this.change({ tab });
  }

  async loadViews(): Promise<void> {
    try {
      const { data } = await this.client.api.GET("/v1/views", { params: { query: { page: "pending" } } });
      this.views.value = data?.items ?? [];
    } catch (error) {
      this.viewProblem.value = texts.peek().pending.viewsUnread(messageOf(error));
    }
  }

  /** Keep the present settings under a name. */
  async saveView(name: string, shared: boolean): Promise<boolean> {
    const body = { name, shared, page: "pending", ...contentOf(this.settings.peek()) };
    return this.changeViews(async () => {
      const { data } = await this.client.api.POST("/v1/views", { body });
      return data?.id ?? null;
    });
  }

  /** Keep the present settings in the view that is open. */
  async updateView(view: ListView): Promise<boolean> {
    const params = { path: { id: view.id }, header: ifMatch(view) };
    return this.changeViews(async () => {
      const { data } = await this.client.api.PATCH("/v1/views/{id}", { params, body: contentOf(this.settings.peek()) });
      return data?.id ?? null;
    });
  }

  async deleteView({ id }: ListView): Promise<boolean> {
    return this.changeViews(async () => {
      await this.client.api.DELETE("/v1/views/{id}", { params: { path: { id } } });
      return null;
    });
  }

  private async changeViews(act: () => Promise<string | null>): Promise<boolean> {
    this.viewProblem.value = null;
    try {
      const id = await act();
      await this.loadViews();
      this.openView(id);
      return true;
    } catch (error) {
      this.viewProblem.value = texts.peek().pending.viewFailed(messageOf(error));
      return false;
    }
  }

  tick(id: string, ticked: boolean): void {
    const next = new Set(this.ticked.peek());
    if (ticked) next.add(id);
    else next.delete(id);
    this.anchor = id;
    this.setTicked(next);
  }

  /** Tick everything from the row ticked last to this one. */
  tickTo(id: string): void {
    this.setTicked(new Set([...this.ticked.peek(), ...rangeOf(this.rows.peek(), this.anchor, id)]));
  }

  tickAll(all: boolean): void {
    const ids = this.rows
      .peek()
      .filter(({ farewell }) => !farewell)
      .map(({ order }) => order.id);
    this.setTicked(new Set(all ? ids : []));
  }

  private setTicked(ids: ReadonlySet<string>): void {
    batch(() => {
      this.ticked.value = ids;
      this.outcomes.value = new Map();
      if (ids.size === 0 && this.pane.peek()) this.openPane(null);
    });
    const named = ids.size <= MOST_IN_ADDRESS ? [...ids].join() : "";
    setQuery({ sel: named || null }, { replace: true });
  }

  openPane(pane: Pane | null): void {
    batch(() => {
      this.problem.value = null;
      this.outcomes.value = new Map();
      this.preview.value = null;
    });
    setQuery({ pane });
  }

  /** Open an order beside the list. */
  open(id: string | null): void {
    this.cursor.value = id ?? this.cursor.peek();
    setQuery({ wo: id, pane: null });
  }

  /**
   * Solve the ticked orders together, without giving anything out. While they are being given out they leave the list one by
   * one, before the answer is here: what is left is not solved anew.
   */
  async solve(): Promise<void> {
    const ids = this.chosen.peek().map(({ id }) => id);
    if (ids.length === 0 || this.committing) return;
    await this.run(async () => {
      const body = { work_order_ids: ids, commit: false };
      const { data } = await this.client.api.POST("/v1/assignments/optimize", { body });
      this.preview.value = data ?? null;
      this.outcomes.value = new Map();
    });
  }

  /** Give out what the preview showed; each order has an answer of its own. */
  async commit(): Promise<void> {
    const preview = this.preview.peek();
    if (!preview) return;
    this.committing = true;
    await this.run(async () => {
      const body = { preview_id: preview.id, commit: true };
      const { data } = await this.client.api.POST("/v1/assignments/optimize", { body });
      if (!data) return;
      this.outcomes.value = new Map(data.pairs.map((pair) => [pair.work_order_id, outcomeOf(pair)]));
    });
    this.committing = false;
  }

  /** Assign what the preview showed at once, order by order. */
  async assignAll(): Promise<void> {
    for (const pair of this.preview.peek()?.pairs ?? []) {
      await this.give(pair.work_order_id, { technician_id: pair.technician_id, mode: "assign", collaborator_ids: [] });
    }
  }

  async give(
    orderId: string,
    body: { technician_id: string; mode: "offer" | "assign"; collaborator_ids: string[] },
  ): Promise<boolean> {
    return this.each(orderId, async (order) => {
      const params = { path: { id: order.id }, header: ifMatch(order) };
      return (await this.client.api.POST("/v1/work-orders/{id}/assign", { params, body })).data;
    });
  }

  /** Send the ticked orders to another store, one by one. */
  async transfer(storeId: string, note: string): Promise<void> {
    for (const { id } of this.chosen.peek()) {
      await this.each(id, async (order) => {
        const params = { path: { id: order.id }, header: ifMatch(order) };
        const body = { store_id: storeId, note: note.trim() || null, force: false };
        return (await this.client.api.POST("/v1/work-orders/{id}/transfer", { params, body })).data;
      });
    }
  }

  /** Change one order of several; what became of it is noted under its id. */
  private async each(id: string, change: (order: WorkOrder) => Promise<WorkOrder | undefined>): Promise<boolean> {
    const order = this.desk.orders.peek().get(id);
    if (!order) return false;
    this.working.value = true;
    try {
      const changed = await change(order);
      const { outcomes } = texts.peek().pending.preview;
      this.note(id, { text: changed?.state === "offered" ? outcomes.offered : outcomes.assigned, failed: false });
      return true;
    } catch (error) {
      this.note(id, { text: messageOf(error, this.desk.clock.now()), failed: true });
      return false;
    } finally {
      this.working.value = false;
    }
  }

  private note(id: string, outcome: Outcome): void {
    this.outcomes.value = new Map(this.outcomes.peek()).set(id, outcome);
  }

  private async run(act: () => Promise<void>): Promise<void> {
    this.working.value = true;
    this.problem.value = null;
    try {
      await act();
    } catch (error) {
      const { preview } = texts.peek().pending;
      const expired = error instanceof ApiProblem && error.code === "preview_not_found";
      this.problem.value = expired ? preview.expired : messageOf(error);
    } finally {
      this.working.value = false;
    }
  }
}

function outcomeOf(pair: OptimizedPair): Outcome {
  const { outcomes } = texts.peek().pending.preview;
  if (pair.outcome === "lost") return { text: pair.lost?.detail ?? outcomes.lost, failed: true };
  return { text: outcomes[pair.outcome], failed: false };
}

/** What a refusal says; of a change that a colleague's was before: who, when, and what is now. */
function messageOf(error: unknown, nowMs = 0): string {
  if (!(error instanceof ApiProblem)) throw error;
  return error.status === 412 && error.body.changed_by
    ? lostText(error.body, texts.peek().order, nowMs)
    : error.message;
}
