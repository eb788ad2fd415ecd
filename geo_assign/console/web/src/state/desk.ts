import { batch, computed, effect, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { LatLon, Me, Named, TechnicianFeature, WorkOrder } from "../api/types";
import { type LiveEvent, type LiveState, LiveStream, type Surroundings } from "../live/stream";
import { ServerClock } from "../model/clock";
import { Fleet, type FleetChange, type LegendCounts } from "../model/fleet";
import { currentFarewells, mergeOrders, type Orders, pinOf } from "../model/orders";
import { type Farewell, groupPending, inOrder, isPending, neighbour } from "../model/pending";
import { Question } from "./question";

const REFRESH_MS = 20_000;

/** A dispatcher's desk: what is pending, who is where, what is open, kept current by the live stream. */
export class Desk {
  readonly clock = new ServerClock();
  readonly fleet = new Fleet();
  /** Names of technicians that pages have read, on duty or not. */
  readonly names = new Map<string, string>();
  readonly orders = signal<Orders>(new Map());
  readonly farewells = signal<Farewell[]>([]);
  readonly counts = signal<LegendCounts>(this.fleet.counts());
  readonly truncated = signal(false);
  readonly live = signal<LiveState>("connecting");
  readonly loaded = signal(false);
  readonly problem = signal<string | null>(null);
  /** Milliseconds by the server's clock, once a second. */
  readonly now = signal(Date.now());
  /** Counts up whenever a technician moved. */
  readonly moves = signal(0);
  readonly announcement = signal("");
  /** A wish to see a person, or (null) the open order, on the map; a new object for every wish. */
  readonly viewWish = signal<{ technicianId: string | null }>({ technicianId: null });
  readonly groupId = signal<string>("");
  /** The stores that are shown, by id; empty for all of them. */
  readonly scope = signal<ReadonlySet<string>>(new Set());
  readonly selectedId = signal<string | null>(null);
  /** How the open order came to be open. */
  selectedHow: "chosen" | "followed" = "chosen";
  readonly technicianId = signal<string | null>(null);
  /** Where a pin is being placed for the open order; null when none is. */
  readonly placing = signal<LatLon | null>(null);
  readonly locating = signal(false);
  readonly locateProblem = signal<string | null>(null);
  readonly question: Question;

  readonly groups = computed(() => {
    const groupId = this.groupId.value;
    const scope = this.scope.value;
    const inGroup = (order: WorkOrder) =>
      (!groupId || order.group_id === groupId) && (scope.size === 0 || scope.has(order.store_id));
    const farewells = this.farewells.value.filter(({ from }) => inGroup(from));
    return groupPending([...this.orders.value.values()].filter(inGroup), farewells);
  });
  /** What the badge counts: exactly the rows that wait, without those being struck through. */
  readonly pendingCount = computed(() => {
    const leaving = new Set(this.farewells.value.map(({ from }) => from.id));
    return inOrder(this.groups.value).filter(
      (order) => !leaving.has(order.id) || isPending(this.orders.value.get(order.id) ?? order),
    ).length;
  });
  readonly selected = computed<WorkOrder | null>(() => {
    const id = this.selectedId.value;
    if (id === null) return null;
    return this.orders.value.get(id) ?? this.farewells.value.find(({ order }) => order.id === id)?.order ?? null;
  });
  readonly technician = computed<TechnicianFeature | null>(() => {
    this.moves.value;
    return this.fleet.technicians.get(this.technicianId.value ?? "") ?? null;
  });

  /** The middle of the map, when there is a map. */
  centreOfMap: () => LatLon | null = () => null;

  private readonly stream: LiveStream;
  private readonly stops: (() => void)[] = [];
  private readonly fleetListeners = new Set<(change: FleetChange) => void>();

  constructor(
    readonly me: Me,
    private readonly client: Client,
    around: Surroundings,
  ) {
    this.clock.sync(me.server_now);
    this.question = new Question({
      client,
      now: () => this.clock.now(),
      onOrder: (order) => this.takeOrders([order]),
      announce: (text) => (this.announcement.value = text),
    });
    this.stream = new LiveStream(around, {
      onEvent: (event) => this.takeEvent(event),
      onState: (state) => (this.live.value = state),
      onRefused: () => void this.client.me().catch(() => undefined),
    });
    this.runTimers();
    this.stops.push(effect(() => this.question.open(this.selected.value)));
  }

  /** Read everything once and go live. */
  async start(): Promise<void> {
    try {
      await this.load();
      this.loaded.value = true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.problem.value = error.message;
    }
  }

  stop(): void {
    this.stream.stop();
    this.stops.forEach((stop) => stop());
  }

  /** Hear what the map must redraw; the first call is everything there is. */
  onFleet(listener: (change: FleetChange) => void): () => void {
    const { technicians, pins } = this.fleet;
    listener({ all: true, set: [...technicians.values(), ...pins.values()], gone: [] });
    this.fleetListeners.add(listener);
    return () => this.fleetListeners.delete(listener);
  }

  zoneOf(order: { store_id: string } | null): string {
    const store = this.me.stores.find((each) => each.id === order?.store_id) ?? this.me.stores[0];
    return store?.timezone ?? "UTC";
  }

  /** Open an order, or none. `how` tells whether a person chose it, or it followed from something else: a step, another window. */
  select(id: string | null, how: "chosen" | "followed" = "chosen"): void {
    this.selectedHow = how;
    batch(() => {
      this.selectedId.value = id;
      this.technicianId.value = null;
      this.placing.value = null;
      this.locateProblem.value = null;
    });
  }

  /** Select the first order that needs a technician; nothing if there is none. */
  selectFirst(): void {
    const first = this.groups.value.find((group) => group.bucket === "needs_you")?.orders[0];
    if (first) this.select(first.id, "followed");
  }

  /** A technician by name: on duty, or named by a page that has shown more than those. */
  findPerson(id: string): Named | null {
    const name = this.fleet.technicians.get(id)?.properties.name ?? this.names.get(id);
    return name === undefined ? null : { id, name };
  }

  /** An order that this page has just made or changed: the stream tells it a moment later. */
  take(order: WorkOrder): void {
    this.takeOrders([order]);
  }

  step(step: 1 | -1): void {
    const ids = inOrder(this.groups.value).map((order) => order.id);
    const next = neighbour(ids, this.selectedId.value, step);
    if (next) this.select(next, "followed");
  }

  /** A person was pointed at: a ranked one is chosen, another one shown. */
  pointAt(technicianId: string): void {
    const ranked = this.question.candidates.value.some((each) => each.technician_id === technicianId);
    if (ranked) this.question.choose(technicianId);
    this.technicianId.value = ranked ? null : technicianId;
  }

  /** Point at a technician and bring the marker into view. */
  show(technicianId: string): void {
    this.pointAt(technicianId);
    this.viewWish.value = { technicianId };
  }

  /** Begin to place a pin: in the middle of the map, else at the store. */
  startPlacing(): void {
    const store = this.me.stores.find((each) => each.id === this.selected.value?.store_id);
    this.placing.value = this.centreOfMap() ?? store?.location ?? null;
  }

  /** Say where the open order is. */
  async locate(change: { address: string } | { location: LatLon }): Promise<void> {
    const order = this.selected.value;
    if (!order || this.locating.value) return;
    this.locating.value = true;
    this.locateProblem.value = null;
    try {
      this.takeOrders([await this.client.locate(order, change)]);
      this.placing.value = null;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.locateProblem.value = error.message;
      if (error.status === 412) this.takeOrders([await this.client.order(order.id)]);
    } finally {
      this.locating.value = false;
    }
  }

  /** The map shows only a part of a large fleet: read the part in view. */
  async loadView(bbox: [number, number, number, number]): Promise<void> {
    if (!this.truncated.value) return;
    const snapshot = await this.client.map(bbox).catch(() => null);
    if (snapshot) this.changeFleet(this.fleet.apply(snapshot.features));
  }

  private async load(): Promise<void> {
    this.stream.hold();
    const snapshot = await this.client.map();
    const orders = await this.client.openOrders();
    batch(() => {
      this.clock.sync(snapshot.server_now);
      this.truncated.value = snapshot.truncated;
      this.orders.value = new Map(orders.map((order) => [order.id, order]));
      this.changeFleet(this.fleet.replace(snapshot.features));
      if (snapshot.truncated) this.counts.value = { ...snapshot.counts.technicians, ...snapshot.counts.work_orders };
      this.tick();
    });
    this.stream.release(snapshot.cursor);
  }

  private takeEvent({ type, data }: LiveEvent): void {
    if (type === "technicians") {
      const { features, gone } = data as { features: TechnicianFeature[]; gone: string[] };
      this.changeFleet(this.fleet.apply(features, gone));
    } else if (type === "work_orders") {
      this.takeOrders((data as { items: WorkOrder[] }).items);
    } else if (type === "heartbeat") {
      this.clock.sync((data as { server_now: string }).server_now);
    } else {
      void this.load().catch(() => this.stream.check());
    }
  }

  private takeOrders(arrived: readonly WorkOrder[]): void {
    const { orders, farewells } = mergeOrders(this.orders.peek(), arrived, this.clock.now(), this.me.user.id);
    const current = arrived.map((order) => orders.get(order.id) ?? order);
    const pins = current.map(pinOf);
    const gone = current.filter((_, index) => pins[index] === null).map((order) => order.id);
    batch(() => {
      this.orders.value = orders;
      if (farewells.length > 0) {
        this.farewells.value = [...this.farewells.peek(), ...farewells];
        this.announcement.value = farewells.map(({ order, text }) => `${order.number}: ${text}.`).join(" ");
      }
      this.changeFleet(
        this.fleet.apply(
          pins.filter((pin) => pin !== null),
          gone,
        ),
      );
    });
  }

  private changeFleet(change: FleetChange): void {
    if (!this.truncated.peek()) this.counts.value = this.fleet.counts();
    this.moves.value = this.moves.peek() + 1;
    this.fleetListeners.forEach((listener) => listener(change));
  }

  private tick(): void {
    this.now.value = this.clock.now();
    const current = currentFarewells(this.farewells.peek(), this.clock.now());
    if (current.length !== this.farewells.peek().length) this.farewells.value = current;
  }

  private runTimers(): void {
    const seconds = setInterval(() => this.tick(), 1000);
    const refresh = setInterval(() => document.visibilityState === "visible" && void this.question.ask(), REFRESH_MS);
    const shown = () => {
      if (document.visibilityState !== "visible") return;
      this.tick();
      this.stream.check();
    };
    document.addEventListener("visibilitychange", shown);
    window.addEventListener("pageshow", shown);
    this.stops.push(() => {
      clearInterval(seconds);
      clearInterval(refresh);
      document.removeEventListener("visibilitychange", shown);
      window.removeEventListener("pageshow", shown);
    });
  }
}
