import { batch, computed, effect, signal } from "@preact/signals";
import { ApiProblem, type Client, type MapNarrowing } from "../api/client";
import type { LatLon, Me, Named, TechnicianFeature, WorkOrder } from "../api/types";
import { type LiveEvent, type LiveState, LiveStream, retryDelay, type Surroundings } from "../live/stream";
import { inOrder, neighbour } from "../model/pending";
import { FleetView } from "./fleetView";
import { Giving } from "./giving";
import { Locating } from "./locating";
import { Narrowing } from "./narrowing";
import { OrderBook } from "./orderBook";
import { Past } from "./past";
import { Question } from "./question";
import { Selection } from "./selection";
import { keepTime, ServerTime } from "./serverTime";

const REFRESH_MS = 20_000;
/** How often a view of a fleet that is too large to hold is read again. */
const VIEW_MS = 5_000;

/**
 * A dispatcher's desk: what is pending, who is where, what is open, kept current by the live stream. Its rooms hold a part
 * each; pages read them by the desk's names.
 */
export class Desk {
  private readonly time: ServerTime;
  readonly book: OrderBook;
  readonly fleetView: FleetView;
  readonly selection: Selection;
  readonly location: Locating;
  private readonly narrowing = new Narrowing();
  readonly past: Past;
  readonly question: Question;
  readonly giving: Giving;

  readonly live = signal<LiveState>("connecting");
  readonly loaded = signal(false);
  /** Why the desk could not be read; it is tried again until it can. */
  readonly problem = signal<string | null>(null);
  readonly announcement = signal("");
  /** When the connection was lost, by the server's clock; null while there is one. */
  readonly offlineSince = signal<number | null>(null);
  /** Names of technicians that pages have read, on duty or not. */
  readonly names = new Map<string, string>();

  /** Whether the browser has no network: nothing can be done then. */
  readonly cut = computed(() => this.live.value === "offline");

  readonly selected = computed<WorkOrder | null>(() => {
    const id = this.selectedId.value;
    // Of the past the order is told as it stood; nothing can be done with it.
    return id === null || this.past.at.value !== null ? null : this.book.find(id);
  });
  /** Whether the address names an order that is not there for this user. */
  readonly notFound = computed(() => {
    const id = this.selectedId.value;
    const unknown = id !== null && this.selected.value === null && this.book.lookedUp.value.get(id) === null;
    return unknown && this.past.at.value === null;
  });

  /** The middle of the map, when there is a map. */
  centreOfMap: () => LatLon | null = () => null;

  private narrowedTo: MapNarrowing | null = null;
  private readonly stream: LiveStream;
  private readonly stops: (() => void)[] = [];
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    readonly me: Me,
    private readonly client: Client,
    around: Surroundings,
  ) {
    const now = () => this.clock.now();
    const announce = (text: string) => {
      this.announcement.value = text;
    };
    const onOrder = (order: WorkOrder) => this.take(order);
    this.time = new ServerTime(me.server_now);
    this.past = new Past(client);
    this.fleetView = new FleetView({
      client,
      narrowing: this.narrowing,
      past: this.past,
      pointedAt: () => [this.technicianId.value, this.selection.followedId.value],
    });
    this.book = new OrderBook({
      client,
      meId: me.user.id,
      now,
      ticks: this.time.now,
      inScope: this.narrowing.inScope,
      announce,
      onPins: (pins, gone) => this.fleetView.takePins(pins, gone),
    });
    this.selection = new Selection({
      client,
      technicians: this.fleet.technicians,
      moves: this.moves,
      chooseRanked: (id) => this.chooseRanked(id),
    });
    this.location = new Locating(client, onOrder);
    this.question = new Question({
      client,
      now,
      isCut: () => this.cut.value,
      onOrder,
      onGiven: (...given) => this.giving.given(...given),
      announce,
    });
    this.giving = new Giving({
      client,
      now,
      onOrder,
      announce,
      openNext: (after) => this.openNext(after),
      open: (id) => this.select(id),
    });
    this.stream = new LiveStream(around, {
      onEvent: (event) => this.takeEvent(event),
      onState: (state) => this.become(state),
      onRefused: () => void this.client.me().catch(() => undefined),
    });
    this.begin();
  }

  get clock() {
    return this.time.clock;
  }

  get now() {
    return this.time.now;
  }

  get fleet() {
    return this.fleetView.fleet;
  }

  get moves() {
    return this.fleetView.moves;
  }

  get orders() {
    return this.book.orders;
  }

  get farewells() {
    return this.book.farewells;
  }

  get groups() {
    return this.book.groups;
  }

  get pendingCount() {
    return this.book.pendingCount;
  }

  get needsYouCount() {
    return this.book.needsYouCount;
  }

  get groupId() {
    return this.narrowing.groupId;
  }

  get skill() {
    return this.narrowing.skill;
  }

  get scope() {
    return this.narrowing.scope;
  }

  get selectedId() {
    return this.selection.orderId;
  }

  get selectedHow() {
    return this.selection.how;
  }

  get technicianId() {
    return this.selection.technicianId;
  }

  get technician() {
    return this.selection.technician;
  }

  get viewWish() {
    return this.selection.viewWish;
  }

  get placing() {
    return this.location.placing;
  }

  /** Read everything and go live. What cannot be read is told, and tried again: events are held back until it was read. */
  async start(): Promise<void> {
    clearTimeout(this.retry);
    try {
      await this.load();
      this.attempt = 0;
      batch(() => {
        this.loaded.value = true;
        this.problem.value = null;
      });
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (this.stopped) return;
      this.problem.value = error.message;
      this.retry = setTimeout(() => void this.start(), retryDelay(this.attempt));
      this.attempt += 1;
    }
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retry);
    this.stream.stop();
    this.stops.forEach((stop) => stop());
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
      this.selection.leavePerson();
      this.tick();
    });
    await this.fleetView.readPast();
  }

  zoneOf(order: { store_id: string } | null): string {
    const store = this.me.stores.find((each) => each.id === order?.store_id) ?? this.me.stores[0];
    return store?.timezone ?? "UTC";
  }

  /** Open an order, or none. `how` tells whether a person chose it, or it followed from something else: a step, another window. */
  select(id: string | null, how: "chosen" | "followed" = "chosen"): void {
    batch(() => {
      this.selection.select(id, how);
      this.location.leave();
    });
  }

  /** Select the first order that needs a technician; nothing if there is none. */
  selectFirst(): void {
    const first = this.groups.value.find((group) => group.bucket === "needs_you")?.orders[0];
    if (first) this.select(first.id, "followed");
  }

  step(step: 1 | -1): void {
    const ids = inOrder(this.groups.value).map((order) => order.id);
    const next = neighbour(ids, this.selectedId.value, step);
    if (next) this.select(next, "followed");
  }

  /** A technician by name: on duty, or named by a page that has shown more than those. */
  findPerson(id: string): Named | null {
    const name = this.fleet.technicians.get(id)?.properties.name ?? this.names.get(id);
    return name === undefined ? null : { id, name };
  }

  /** A person was pointed at, `at` this place where tiles drew the marker: a ranked one is chosen, another one shown. */
  pointAt(technicianId: string, at?: LatLon): void {
    this.selection.pointAt(technicianId);
    if (at) void this.fleetView.meet(technicianId, at);
  }

  /** Point at a technician and bring the marker into view; `at` is where, for one who is not held. */
  show(technicianId: string, at?: LatLon): void {
    this.selection.show(technicianId, at);
    if (at) void this.fleetView.meet(technicianId, at);
  }

  /** An order that this page has just made or changed: the stream tells it a moment later. */
  take(order: WorkOrder): void {
    this.book.take([order]);
  }

  /** An order that was sent elsewhere: it stays where this user may see it there, and is let go of otherwise. */
  async takeMoved(order: WorkOrder): Promise<void> {
    try {
      this.take(await this.client.order(order.id));
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (error.status !== 404) this.take(order);
      else this.letGo(order.id);
    }
  }

  /** Move an order to another time. Throws ApiProblem. */
  async reschedule(order: WorkOrder, slot: { start: string; end: string }): Promise<void> {
    this.take(await this.client.reschedule(order, slot));
  }

  /** Begin to place a pin: where the order is, else in the middle of the map, else at the store. */
  startPlacing(): void {
    const order = this.selected.value;
    const store = this.me.stores.find((each) => each.id === order?.store_id);
    const known = order?.location ? { lat: order.location.lat, lon: order.location.lon } : null;
    this.placing.value = known ?? this.centreOfMap() ?? store?.location ?? null;
  }

  /** Say where the open order is. */
  async locate(change: { address: string } | { location: LatLon }): Promise<void> {
    await this.location.locate(this.selected.value, change);
  }

  private begin(): void {
    this.stops.push(
      keepTime({
        everySecond: () => this.tick(),
        whileSeen: [
          [REFRESH_MS, () => void this.question.ask()],
          [VIEW_MS, () => void this.fleetView.refresh()],
        ],
        onShown: () => {
          this.tick();
          this.stream.check();
        },
        onNetwork: (online) => {
          this.stream.network(online);
          if (online && this.problem.peek() !== null) void this.start();
        },
      }),
      effect(() => this.question.open(this.selected.value)),
      effect(() => this.lookUp()),
      effect(() => this.narrow()),
      effect(() => this.stream.need(this.fleetView.needs())),
    );
  }

  private async load(): Promise<void> {
    this.stream.hold();
    this.narrowedTo = this.narrowing.asked.peek();
    const snapshot = await this.client.map(undefined, this.narrowedTo, true);
    const orders = await this.client.openOrders();
    if (this.past.at.peek() !== null) return;
    batch(() => {
      this.clock.sync(snapshot.server_now);
      this.book.replace(orders);
      this.fleetView.begin(snapshot);
      this.tick();
    });
    this.stream.release(snapshot.cursor);
    void this.fleetView.refresh();
  }

  /** Other stores, another group or skill: the map is read anew. */
  private narrow(): void {
    const asked = this.narrowing.asked.value;
    // The past is told whole; what is chosen counts again with the present.
    if (!this.loaded.value || asked === this.narrowedTo || this.past.at.peek() !== null) return;
    this.narrowedTo = asked;
    if (this.fleetView.partial.peek()) void this.fleetView.reread();
    else void this.start();
  }

  private lookUp(): void {
    const id = this.selectedId.value;
    if (id !== null && this.loaded.value) this.book.lookUp(id);
  }

  private letGo(id: string): void {
    batch(() => {
      this.book.letGo(id);
      if (this.selectedId.peek() === id) this.select(null);
    });
  }

  private chooseRanked(technicianId: string): boolean {
    const ranked = this.question.candidates.value.some((each) => each.technician_id === technicianId);
    if (ranked) this.question.choose(technicianId);
    return ranked;
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
      this.lookUp();
      if (before !== "live" && before !== "connecting") void this.question.ask();
    } else if (before === "live") {
      this.offlineSince.value = this.clock.now();
    }
  }

  private takeEvent({ type, data }: LiveEvent): void {
    if (type === "technicians") {
      const { features, gone } = data as { features: TechnicianFeature[]; gone: string[] };
      this.fleetView.takeMoves(features, gone);
    } else if (type === "work_orders") {
      this.book.take((data as { items: WorkOrder[] }).items);
    } else if (type === "heartbeat") {
      this.clock.sync((data as { server_now: string }).server_now);
    } else {
      void this.start();
    }
  }

  private tick(): void {
    this.time.tick(this.past.at.peek());
    this.giving.tick(this.clock.now());
    this.book.tick();
  }
}
