import { batch, computed, signal } from "@preact/signals";
import type { Client } from "../api/client";
import type { LatLon, MapChoices, MapCluster, MapSnapshot, OrderFeature, TechnicianFeature } from "../api/types";
import { type Part, withMargin } from "../live/parts";
import { Fleet, type FleetChange, type LegendCounts, SINGLE_ZOOM } from "../model/fleet";
import { type Box, boxAround, isWithin, onEarth } from "../model/geometry";
import { Moves } from "../model/moves";
import type { Narrowing } from "./narrowing";
import type { Past } from "./past";

/** So much around a technician who is not drawn one by one: what is looked at when pointed at, and moves of interest. */
const NEARBY_DEG = 0.05;

interface Around {
  client: Client;
  narrowing: Narrowing;
  past: Past;
  /** Technicians who are pointed at: held, however many others there are. */
  pointedAt(): readonly (string | null)[];
}

interface Viewport {
  bbox: Box;
  zoom: number;
}

/**
 * The technicians and pins that the map shows. A fleet that one answer tells is held whole. Of a larger one those in view are
 * held, and where they are too many tiles draw them: held are then those who moved in view since, and who is pointed at.
 */
export class FleetView {
  readonly fleet = new Fleet();
  /** Of the whole scope, whatever part of it is in view. */
  readonly counts = signal<LegendCounts>(this.fleet.counts());
  readonly offDuty = signal(0);
  /** How many people are in view; null before the map has said what is. */
  readonly inView = signal<number | null>(null);
  /** The fleet is too large to be held. */
  readonly large = signal(false);
  /** Who is in view, where they are more than one answer tells one by one. */
  readonly clusters = signal<MapCluster[]>([]);
  /** The groups and skills that the technicians on the map have, with how many have each. */
  readonly choices = signal<MapChoices>({ groups: [], skills: [] });
  /** Counts up whenever a technician moved. */
  readonly moves = signal(0);
  /** Counts up whenever tiles are to be read anew. */
  readonly refreshes = signal(0);
  private readonly viewport = signal<Viewport | null>(null);
  /** Whether the map holds a part of the technicians alone: the service counts them then, and tells them anew. */
  readonly partial = computed(() => this.large.value || this.around.narrowing.isNarrow.value);
  /** Whether tiles draw the technicians: they tell the whole scope, as it is now. */
  readonly tiled = computed(() => this.clusters.value.length > 0 && this.followsMoves.value);
  private readonly followsMoves = computed(
    () => this.large.value && !this.around.narrowing.isNarrow.value && this.around.past.at.value === null,
  );
  /** Whether tiles in view tell clusters, as the map has found. */
  readonly rings = signal(false);
  /** Tiles draw clusters: single moves are not to be seen. */
  readonly afar = computed(
    () => this.tiled.value && (this.rings.value || (this.viewport.value?.zoom ?? 0) < SINGLE_ZOOM),
  );
  private readonly arriving = new Moves();
  private applying: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<(change: FleetChange) => void>();

  constructor(private readonly around: Around) {}

  /** Hear what the map must redraw; the first call is everything there is. */
  onChange(listener: (change: FleetChange) => void): () => void {
    listener(this.fleet.whole());
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Which of the moves are to be told. */
  needs(): Part {
    if (!this.large.value) return "all";
    const viewport = this.viewport.value;
    if (viewport === null) return "none";
    if (!this.afar.value) return viewport.bbox;
    const pointed = this.around.pointedAt().map((id) => this.fleet.technicians.get(id ?? ""));
    const at = pointed.find((each) => each !== undefined)?.geometry.coordinates;
    return at ? boxAround({ lon: at[0], lat: at[1] }, NEARBY_DEG) : "none";
  }

  /** Begin anew with what the service tells of the whole scope. */
  begin(snapshot: MapSnapshot): void {
    this.large.value = snapshot.clusters.length > 0;
    this.choices.value = snapshot.choices ?? this.choices.peek();
    this.takeView(snapshot, true);
    this.countInView();
  }

  /** The map shows this part: of a large fleet, read it. */
  async look(bbox: Box, zoom: number): Promise<void> {
    this.viewport.value = { bbox: onEarth(bbox), zoom };
    const past = this.around.past.at.peek() !== null;
    if (past ? this.large.peek() : this.partial.peek()) await this.reread();
    else this.countInView();
  }

  /** The map is not shown any more. */
  lookAway(): void {
    this.viewport.value = null;
  }

  /** Read the part in view anew, where there is a part. */
  async reread(): Promise<void> {
    await (this.around.past.at.peek() === null ? this.readView() : this.readPast());
  }

  /** What is drawn of a large fleet, read again: counts, and who does not move. */
  async refresh(): Promise<void> {
    if (!this.partial.peek() || this.around.past.at.peek() !== null || this.viewport.peek() === null) return;
    if (this.tiled.peek()) this.refreshes.value = this.refreshes.peek() + 1;
    await this.readView();
  }

  /** Hold a technician whom tiles alone have drawn, with what a card tells; without one there, nothing happens. */
  async meet(technicianId: string, at: LatLon): Promise<void> {
    if (this.fleet.technicians.has(technicianId)) return;
    const snapshot = await this.around.client.map(boxAround(at, NEARBY_DEG / 5)).catch(() => null);
    const met = snapshot?.features.filter(({ id }) => id === technicianId) ?? [];
    if (met.length > 0) this.change(this.fleet.apply(met));
  }

  /** Technicians moved, or left what is told. Many are taken in slices, so that the page answers in between. */
  takeMoves(features: readonly TechnicianFeature[], gone: readonly string[]): void {
    const shown = this.partial.peek() ? features.filter((each) => this.isShown(each)) : features;
    this.arriving.add(shown, gone);
    if (this.applying === undefined) this.applySlice();
  }

  /** Pins of orders; of the past none are taken. */
  takePins(pins: readonly OrderFeature[], gone: readonly string[]): void {
    if (this.around.past.at.peek() === null) this.change(this.fleet.apply(pins, gone));
  }

  async readPast(): Promise<void> {
    const bbox = this.viewport.peek()?.bbox;
    const whole = !this.large.peek() || !bbox;
    const snapshot = await this.around.past.read(whole ? undefined : bbox);
    if (!snapshot) return;
    batch(() => {
      if (whole) this.large.value = snapshot.clusters.length > 0;
      this.takeView(snapshot, true);
    });
    if (whole && this.large.peek() && bbox) await this.readPast();
  }

  /** An answer that came too late for what is chosen now is dropped. */
  private async readView(): Promise<void> {
    const { narrowing, past, client } = this.around;
    const viewport = this.viewport.peek();
    const asked = narrowing.asked.peek();
    const snapshot = await client.map(viewport?.bbox, asked).catch(() => null);
    const late = viewport !== this.viewport.peek() || asked !== narrowing.asked.peek() || past.at.peek() !== null;
    if (snapshot && !late) this.takeView(snapshot, false);
  }

  private takeView(snapshot: MapSnapshot, anew: boolean): void {
    // What waits was told before: an answer that begins anew knows it.
    if (anew) this.arriving.clear();
    batch(() => {
      this.clusters.value = snapshot.clusters;
      this.takeCounts(snapshot);
      const { features } = snapshot;
      this.change(anew ? this.fleet.replace(features) : this.fleet.catchUp(features, (each) => this.isKept(each)));
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
    const bbox = this.viewport.peek()?.bbox;
    if (bbox) this.inView.value = this.fleet.countWhere((lon, lat) => isWithin(bbox, lon, lat));
  }

  /** Of a part: who is held already, and who comes into view. */
  private isShown({ id, geometry: { coordinates } }: TechnicianFeature): boolean {
    if (this.fleet.technicians.has(id)) return true;
    const bbox = this.viewport.peek()?.bbox;
    return !!bbox && this.followsMoves.peek() && !this.afar.peek() && isWithin(bbox, coordinates[0], coordinates[1]);
  }

  /** Whether a technician of whom an answer tells nothing stays: tiles draw where they were. */
  private isKept({ id, geometry: { coordinates } }: TechnicianFeature): boolean {
    if (!this.tiled.peek()) return false;
    if (this.around.pointedAt().includes(id)) return true;
    const bbox = withMargin(this.viewport.peek()?.bbox ?? "none");
    return typeof bbox !== "string" && !this.afar.peek() && isWithin(bbox, coordinates[0], coordinates[1]);
  }

  private applySlice(): void {
    const { set, gone } = this.arriving.next();
    this.applying = undefined;
    if (set.length + gone.length > 0) this.change(this.fleet.apply(set, gone));
    if (!this.arriving.isEmpty) this.applying = setTimeout(() => this.applySlice(), 0);
  }

  private change(change: FleetChange): void {
    if (!this.partial.peek()) {
      this.counts.value = this.fleet.counts();
      this.countInView();
    }
    this.moves.value = this.moves.peek() + 1;
    this.listeners.forEach((listener) => listener(change));
  }
}
