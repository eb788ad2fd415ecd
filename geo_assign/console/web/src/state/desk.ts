import { batch, computed, effect, signal } from "@preact/signals";
import { ApiProblem, type Client, type MapNarrowing } from "../api/client";
import type {
  LatLon,
  MapChoices,
  MapCluster,
  MapSnapshot,
  Me,
  Named,
  TechnicianFeature,
  Track,
  WorkOrder,
} from "../api/types";
import { type LiveEvent, type LiveState, LiveStream, type Surroundings } from "../live/stream";
import { ServerClock } from "../model/clock";
import { type DeskEvent, eventsOf, withEvents } from "../model/events";
import { Fleet, type FleetChange, type LegendCounts } from "../model/fleet";
import { type Box, isWithin } from "../model/geometry";
import { currentFarewells, mergeOrders, type Orders, pinOf } from "../model/orders";
import { type Farewell, groupPending, inOrder, listLate, neighbour } from "../model/pending";
import { Giving } from "./giving";
import { Past } from "./past";
import { Question } from "./question";

const REFRESH_MS = 20_000;
/** How often a view of a fleet that is too large to hold is read again. */
const VIEW_MS = 5_000;

/** A dispatcher's desk: what is pending, who is where, what is open, kept current by the live stream. */
export class Desk {
  readonly clock = new ServerClock();
  readonly fleet = new Fleet();
  /** Names of technicians that pages have read, on duty or not. */
  readonly names = new Map<string, string>();
  readonly orders = signal<Orders>(new Map());
  readonly farewells = signal<Farewell[]>([]);
  /** Of the whole scope, whatever part of it is in view. */
  readonly counts = signal<LegendCounts>(this.fleet.counts());
  readonly offDuty = signal(0);
  /** How many people are in view; null before the map has said what is. */
  readonly inView = signal<number | null>(null);
  /** The fleet is too large to be held: the part in view is, or clusters of it. */
  readonly large = signal(false);
  readonly clusters = signal<MapCluster[]>([]);
  readonly live = signal<LiveState>("connecting");
  readonly loaded = signal(false);
  readonly problem = signal<string | null>(null);
  /** Milliseconds by the server's clock, once a second. */
  readonly now = signal(Date.now());
  /** Counts up whenever a technician moved. */
  readonly moves = signal(0);
  readonly announcement = signal("");
  /** A wish to see a person, or (null) the open order, on the map; a new object for every wish. */
  readonly viewWish = signal<{ technicianId: string | null; at?: LatLon }>({ technicianId: null });
  readonly groupId = signal<string>("");
  /** The technicians with this skill alone are on the map; empty: all. */
  readonly skill = signal("");
  /** The groups and skills that the technicians on the map have, with how many have each. */
  readonly choices = signal<MapChoices>({ groups: [], skills: [] });
  /** The stores that are shown, by id; empty for all of them. */
  readonly scope = signal<ReadonlySet<string>>(new Set());
  readonly selectedId = signal<string | null>(null);
  /** How the open order came to be open. */
  selectedHow: "chosen" | "followed" = "chosen";
  readonly technicianId = signal<string | null>(null);
  /** The way of the day that is drawn; null when none is. */
  readonly track = signal<Track | null>(null);
  readonly trackProblem = signal<string | null>(null);
  /** The technician whom the map follows. */
  readonly followedId = signal<string | null>(null);
  /** Where a pin is being placed for the open order; null when none is. */
  readonly placing = signal<LatLon | null>(null);
  readonly locating = signal(false);
  readonly locateProblem = signal<string | null>(null);
  readonly past: Past;
  readonly question: Question;
  readonly giving: Giving;
  /** What happened lately, the newest first. */
  readonly events = signal<DeskEvent[]>([]);
  /** Orders that were looked up by their address, because they are not among the open ones; null: there is none. */
  readonly lookedUp = signal<ReadonlyMap<string, WorkOrder | null>>(new Map());
  /** When the connection was lost, by the server's clock; null while there is one. */
  readonly offlineSince = signal<number | null>(null);

  private readonly inScope = computed(() => {
    const groupId = this.groupId.value;
    const scope = this.scope.value;
    return (order: WorkOrder) =>
      (!groupId || order.group_id === groupId) && (scope.size === 0 || scope.has(order.store_id));
  });
  /** Whom the map shows. */
  private readonly narrowing = computed<MapNarrowing>(() => ({
    storeIds: [...this.scope.value],
    groupId: this.groupId.value,
    skill: this.skill.value,
  }));
  /** Whether the map holds a part of the technicians alone: the service counts them then, and tells them anew. */
  private readonly partial = computed(
    () => this.large.value || this.scope.value.size > 0 || this.groupId.value !== "" || this.skill.value !== "",
  );
  readonly groups = computed(() => {
    const inScope = this.inScope.value;
    const farewells = this.farewells.value.filter(({ from }) => inScope(from));
    return groupPending([...this.orders.value.values()].filter(inScope), farewells);
  });
  /** Work that has begun by the clock, without its technician. */
  readonly late = computed(() => listLate([...this.orders.value.values()].filter(this.inScope.value), this.now.value));
  /** What the badge counts: exactly the rows that wait, without those being struck through. */
  readonly pendingCount = computed(() => this.groups.value.reduce((sum, { count }) => sum + count, 0));
  readonly needsYouCount = computed(() => this.groups.value.find(({ bucket }) => bucket === "needs_you")?.count ?? 0);
  readonly selected = computed<WorkOrder | null>(() => {
    const id = this.selectedId.value;
    // Of the past the order is told as it stood; nothing can be done with it.
    if (id === null || this.past.at.value !== null) return null;
    const known = this.orders.value.get(id) ?? this.farewells.value.find(({ order }) => order.id === id)?.order;
    return known ?? this.lookedUp.value.get(id) ?? null;
  });
  /** Whether the address names an order that is not there for this user. */
  readonly notFound = computed(() => {
    const id = this.selectedId.value;
    const unknown = id !== null && this.selected.value === null && this.lookedUp.value.get(id) === null;
    return unknown && this.past.at.value === null;
  });
  readonly technician = computed<TechnicianFeature | null>(() => {
    this.moves.value;
    return this.fleet.technicians.get(this.technicianId.value ?? "") ?? null;
  });

  /** The middle of the map, when there is a map. */
  centreOfMap: () => LatLon | null = () => null;

  private bbox: Box | null = null;
  private narrowedTo: MapNarrowing | null = null;
  private readonly stream: LiveStream;
  private readonly stops: (() => void)[] = [];
  private readonly fleetListeners = new Set<(change: FleetChange) => void>();

  constructor(
    readonly me: Me,
    private readonly client: Client,
    around: Surroundings,
  ) {
    this.clock.sync(me.server_now);
    this.past = new Past(client);
    this.question = new Question({
      client,
      now: () => this.clock.now(),
      onOrder: (order) => this.takeOrders([order]),
      onGiven: (...given) => this.giving.given(...given),
      announce: (text) => (this.announcement.value = text),
    });
    this.giving = new Giving({
      client,
      now: () => this.clock.now(),
      onOrder: (order) => this.takeOrders([order]),
      announce: (text) => (this.announcement.value = text),
      openNext: (after) => this.openNext(after),
      open: (id) => this.select(id),
    });
    this.stream = new LiveStream(around, {
      onEvent: (event) => this.takeEvent(event),
      onState: (state) => this.become(state),
      onRefused: () => void this.client.me().catch(() => undefined),
    });
    this.runTimers();
    this.stops.push(effect(() => this.question.open(this.selected.value)));
    this.stops.push(effect(() => this.lookUp()));
    this.stops.push(effect(() => this.narrow()));
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

  /** Show the map as it stood at an instant, in milliseconds; null goes back to the present, which is read anew. */
  async lookAt(atMs: number | null): Promise<void> {
    const before = this.past.at.peek();
    if (atMs === before) return;
    if (atMs === null) {
      this.past.leave();
      this.tick();
      await this.start();
      return;
    }
    if (before === null) this.stream.pause();
    batch(() => {
      this.past.at.value = atMs;
      this.leavePerson();
      this.tick();
    });
    await this.readPast();
  }

  private async readPast(): Promise<void> {
    const whole = !this.large.peek() || this.bbox === null;
    const snapshot = await this.past.read(whole ? undefined : (this.bbox ?? undefined));
    if (!snapshot) return;
    batch(() => {
      if (whole) this.large.value = snapshot.clusters.length > 0;
      this.takeView(snapshot);
    });
    if (whole && this.large.peek() && this.bbox) await this.readPast();
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

  /** An order that was sent elsewhere: it stays where this user may see it there, and is let go of otherwise. */
  async takeMoved(order: WorkOrder): Promise<void> {
    try {
      this.takeOrders([await this.client.order(order.id)]);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 404) this.takeOrders([order]);
      else this.letGo(order.id);
    }
  }

  private letGo(id: string): void {
    const orders = new Map(this.orders.peek());
    orders.delete(id);
    batch(() => {
      this.orders.value = orders;
      this.changeFleet(this.fleet.apply([], [id]));
      if (this.selectedId.peek() === id) this.select(null);
    });
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

  /** Point at a technician and bring the marker into view; `at` is where, for one who is not held. */
  show(technicianId: string, at?: LatLon): void {
    this.pointAt(technicianId);
    this.viewWish.value = at ? { technicianId, at } : { technicianId };
  }

  /** Draw a technician's way of today, or take it off. */
  async toggleTrack(technicianId: string): Promise<void> {
    this.trackProblem.value = null;
    if (this.track.peek()?.technician_id === technicianId) {
      this.track.value = null;
      return;
    }
    try {
      this.track.value = await this.client.track(technicianId);
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.trackProblem.value = error.message;
    }
  }

  /** Keep a technician in the middle of the map, or let go. */
  toggleFollow(technicianId: string): void {
    this.followedId.value = this.followedId.peek() === technicianId ? null : technicianId;
  }

  /** Let go of the person who was pointed at. */
  leavePerson(): void {
    batch(() => {
      this.technicianId.value = null;
      this.track.value = null;
      this.followedId.value = null;
    });
  }

  /** Begin to place a pin: where the order is, else in the middle of the map, else at the store. */
  startPlacing(): void {
    const order = this.selected.value;
    const store = this.me.stores.find((each) => each.id === order?.store_id);
    const known = order?.location ? { lat: order.location.lat, lon: order.location.lon } : null;
    this.placing.value = known ?? this.centreOfMap() ?? store?.location ?? null;
  }

  /** Move an order to another time. Throws ApiProblem. */
  async reschedule(order: WorkOrder, slot: { start: string; end: string }): Promise<void> {
    this.takeOrders([await this.client.reschedule(order, slot)]);
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

  /** The map shows this part: of a large fleet, read it. */
  async loadView(bbox: Box): Promise<void> {
    this.bbox = bbox;
    const past = this.past.at.peek() !== null;
    if (past ? !this.large.value : !this.partial.value) {
      this.countInView();
      return;
    }
    await (past ? this.readPast() : this.readView());
  }

  /** Read the part in view anew; an answer that came too late for what is chosen now is dropped. */
  private async readView(): Promise<void> {
    const { bbox } = this;
    const narrowing = this.narrowing.peek();
    const snapshot = await this.client.map(bbox ?? undefined, narrowing).catch(() => null);
    const late = bbox !== this.bbox || narrowing !== this.narrowing.peek() || this.past.at.peek() !== null;
    if (snapshot && !late) this.takeView(snapshot);
  }

  /** Other stores, another group or skill: the map is read anew. */
  private narrow(): void {
    const narrowing = this.narrowing.value;
    // The past is told whole; what is chosen counts again with the present.
    if (!this.loaded.value || narrowing === this.narrowedTo || this.past.at.peek() !== null) return;
    this.narrowedTo = narrowing;
    if (this.partial.peek()) void this.readView();
    else void this.load().catch(() => this.stream.check());
  }

  private takeView(snapshot: MapSnapshot): void {
    batch(() => {
      this.clusters.value = snapshot.clusters;
      this.takeCounts(snapshot);
      this.changeFleet(this.fleet.replace(snapshot.features));
    });
  }

  private takeCounts({ counts, scope_counts }: MapSnapshot): void {
    const { off_duty, ...everyone } = scope_counts.technicians;
    const { off_duty: _, provider: __, ...inView } = counts.technicians;
    this.counts.value = { ...everyone, ...scope_counts.work_orders };
    this.offDuty.value = off_duty;
    this.inView.value = Object.values(inView).reduce((sum, each) => sum + each, 0);
  }

  private countInView(): void {
    const { bbox } = this;
    if (bbox) this.inView.value = this.fleet.countWhere((lon, lat) => isWithin(bbox, lon, lat));
  }

  private async load(): Promise<void> {
    this.stream.hold();
    this.narrowedTo = this.narrowing.peek();
    const snapshot = await this.client.map(undefined, this.narrowedTo, true);
    const orders = await this.client.openOrders();
    if (this.past.at.peek() !== null) return;
    batch(() => {
      this.clock.sync(snapshot.server_now);
      this.large.value = snapshot.clusters.length > 0;
      this.choices.value = snapshot.choices ?? this.choices.peek();
      this.orders.value = new Map(orders.map((order) => [order.id, order]));
      this.takeView(snapshot);
      this.countInView();
      this.tick();
    });
    this.stream.release(snapshot.cursor);
    if (this.partial.value && this.bbox) void this.loadView(this.bbox);
  }

  /** An order that the address names and that is not open any more, or never was. */
  private lookUp(): void {
    const id = this.selectedId.value;
    if (id === null || !this.loaded.value || this.orders.value.has(id) || this.lookedUp.peek().has(id)) return;
    const keep = (order: WorkOrder | null) => {
      this.lookedUp.value = new Map(this.lookedUp.peek()).set(id, order);
    };
    this.client.order(id).then(keep, (error: unknown) => {
      if (error instanceof ApiProblem && (error.status === 404 || error.status === 422)) keep(null);
    });
  }

  /** After an order was given: the next that needs a technician. The keys are disarmed for a moment. */
  private openNext(after: string): void {
    const orders = this.groups.peek().find(({ bucket }) => bucket === "needs_you")?.orders ?? [];
    const waiting = orders.filter(({ id }) => id === after || this.orders.peek().get(id)?.bucket === "needs_you");
    const next =
      neighbour(
        waiting.map(({ id }) => id),
        after,
        1,
      ) ?? null;
    const other = next === after ? waiting.find(({ id }) => id !== after)?.id : next;
    if (!other) return;
    // A step of its own: back leads to the order that was given.
    this.select(other);
    this.question.disarm();
  }

  private become(state: LiveState): void {
    const before = this.live.peek();
    this.live.value = state;
    if (state === "live") {
      this.offlineSince.value = null;
      if (before !== "live" && before !== "connecting") void this.question.ask();
    } else if (before === "live") {
      this.offlineSince.value = this.clock.now();
    }
  }

  private takeEvent({ type, data }: LiveEvent): void {
    if (type === "technicians") {
      const { features, gone } = data as { features: TechnicianFeature[]; gone: string[] };
      const shown = this.partial.peek() ? features.filter(({ id }) => this.fleet.technicians.has(id)) : features;
      if (shown.length + gone.length > 0) this.changeFleet(this.fleet.apply(shown, gone));
    } else if (type === "work_orders") {
      this.takeOrders((data as { items: WorkOrder[] }).items);
    } else if (type === "heartbeat") {
      this.clock.sync((data as { server_now: string }).server_now);
    } else {
      void this.load().catch(() => this.stream.check());
    }
  }

  private takeOrders(arrived: readonly WorkOrder[]): void {
    const known = this.orders.peek();
    const { orders, farewells } = mergeOrders(known, arrived, this.clock.now(), this.me.user.id);
    const happened = eventsOf(known, arrived, { nowMs: this.clock.now(), meId: this.me.user.id });
    const current = arrived.map((order) => orders.get(order.id) ?? order);
    const inScope = this.inScope.peek();
    const pins = current.map((order) => (inScope(order) ? pinOf(order) : null));
    const gone = current.filter((_, index) => pins[index] === null).map((order) => order.id);
    batch(() => {
      this.orders.value = orders;
      this.events.value = withEvents(this.events.peek(), happened);
      if (farewells.length > 0) {
        this.farewells.value = [...this.farewells.peek(), ...farewells];
        this.announcement.value = farewells.map(({ order, text }) => `${order.number}: ${text}.`).join(" ");
      }
      if (this.past.at.peek() !== null) return;
      this.changeFleet(
        this.fleet.apply(
          pins.filter((pin) => pin !== null),
          gone,
        ),
      );
    });
  }

  private changeFleet(change: FleetChange): void {
    if (!this.partial.peek()) {
      this.counts.value = this.fleet.counts();
      this.countInView();
    }
    this.moves.value = this.moves.peek() + 1;
    this.fleetListeners.forEach((listener) => listener(change));
  }

  private tick(): void {
    this.now.value = this.past.at.peek() ?? this.clock.now();
    this.giving.tick(this.clock.now());
    const current = currentFarewells(this.farewells.peek(), this.clock.now());
    if (current.length !== this.farewells.peek().length) this.farewells.value = current;
  }

  private runTimers(): void {
    const seconds = setInterval(() => this.tick(), 1000);
    const refresh = setInterval(() => document.visibilityState === "visible" && void this.question.ask(), REFRESH_MS);
    const view = setInterval(() => {
      const live = this.partial.peek() && this.past.at.peek() === null;
      if (live && this.bbox && document.visibilityState === "visible") void this.loadView(this.bbox);
    }, VIEW_MS);
    const online = () => this.stream.network(navigator.onLine);
    const shown = () => {
      if (document.visibilityState !== "visible") return;
      this.tick();
      this.stream.check();
    };
    document.addEventListener("visibilitychange", shown);
    window.addEventListener("pageshow", shown);
    window.addEventListener("online", online);
    window.addEventListener("offline", online);
    this.stops.push(() => {
      clearInterval(seconds);
      clearInterval(refresh);
      clearInterval(view);
      window.removeEventListener("online", online);
      window.removeEventListener("offline", online);
      document.removeEventListener("visibilitychange", shown);
      window.removeEventListener("pageshow", shown);
    });
  }
}
