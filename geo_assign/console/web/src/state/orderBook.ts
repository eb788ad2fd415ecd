import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { OrderFeature, WorkOrder } from "../api/types";
import { type DeskEvent, eventsOf, withEvents } from "../model/events";
import { currentFarewells, mergeOrders, type Orders, pinOf } from "../model/orders";
import { type Farewell, groupPending, listLate } from "../model/pending";

interface Around {
  client: Client;
  meId: string;
  /** Milliseconds by the server's clock. */
  now(): number;
  /** The same, told once a second. */
  ticks: ReadonlySignal<number>;
  inScope: ReadonlySignal<(order: WorkOrder) => boolean>;
  announce(text: string): void;
  /** The pins that follow from a change of orders. */
  onPins(pins: readonly OrderFeature[], gone: readonly string[]): void;
}

/** The work orders that a dispatcher sees, the newest version of each, and what follows from them. */
export class OrderBook {
  readonly orders = signal<Orders>(new Map());
  readonly farewells = signal<Farewell[]>([]);
  /** What happened lately, the newest first. */
  readonly events = signal<DeskEvent[]>([]);
  /** Orders that were looked up by their address, because they are not among the open ones; null: there is none. */
  readonly lookedUp = signal<ReadonlyMap<string, WorkOrder | null>>(new Map());

  readonly groups = computed(() => {
    const inScope = this.around.inScope.value;
    const farewells = this.farewells.value.filter(({ from }) => inScope(from));
    return groupPending([...this.orders.value.values()].filter(inScope), farewells);
  });
  /** Work that has begun by the clock, without its technician. */
  readonly late = computed(() =>
    listLate([...this.orders.value.values()].filter(this.around.inScope.value), this.around.ticks.value),
  );
  /** What the badge counts: exactly the rows that wait, without those being struck through. */
  readonly pendingCount = computed(() => this.groups.value.reduce((sum, { count }) => sum + count, 0));
  readonly needsYouCount = computed(() => this.groups.value.find(({ bucket }) => bucket === "needs_you")?.count ?? 0);

  constructor(private readonly around: Around) {}

  replace(orders: readonly WorkOrder[]): void {
    this.orders.value = new Map(orders.map((order) => [order.id, order]));
  }

  take(arrived: readonly WorkOrder[]): void {
    const { around } = this;
    const known = this.orders.peek();
    const { orders, farewells } = mergeOrders(known, arrived, around.now(), around.meId);
    const happened = eventsOf(known, arrived, { nowMs: around.now(), meId: around.meId });
    const current = arrived.map((order) => orders.get(order.id) ?? order);
    const inScope = around.inScope.peek();
    const pins = current.map((order) => (inScope(order) ? pinOf(order) : null));
    const gone = current.filter((_, index) => pins[index] === null).map((order) => order.id);
    batch(() => {
      this.orders.value = orders;
      this.events.value = withEvents(this.events.peek(), happened);
      if (farewells.length > 0) {
        this.farewells.value = [...this.farewells.peek(), ...farewells];
        around.announce(farewells.map(({ order, text }) => `${order.number}: ${text}.`).join(" "));
      }
      around.onPins(
        pins.filter((pin) => pin !== null),
        gone,
      );
    });
  }

  letGo(id: string): void {
    const orders = new Map(this.orders.peek());
    orders.delete(id);
    batch(() => {
      this.orders.value = orders;
      this.around.onPins([], [id]);
    });
  }

  /** An order by its id, as it is known: open, being struck through, or looked up. */
  find(id: string): WorkOrder | null {
    const known = this.orders.value.get(id) ?? this.farewells.value.find(({ order }) => order.id === id)?.order;
    return known ?? this.lookedUp.value.get(id) ?? null;
  }

  /** An order that the address names and that is not open any more, or never was. */
  lookUp(id: string): void {
    if (this.orders.value.has(id) || this.lookedUp.peek().has(id)) return;
    const keep = (order: WorkOrder | null) => {
      this.lookedUp.value = new Map(this.lookedUp.peek()).set(id, order);
    };
    this.around.client.order(id).then(keep, (error: unknown) => {
      if (error instanceof ApiProblem && (error.status === 404 || error.status === 422)) keep(null);
    });
  }

  tick(): void {
    const current = currentFarewells(this.farewells.peek(), this.around.now());
    if (current.length !== this.farewells.peek().length) this.farewells.value = current;
  }
}
