/** The people and pins of the map, and what changed in them since it was last drawn. */
import type { OrderFeature, OrderKind, TechnicianFeature, TechnicianStatus } from "../api/types";

/** From this zoom on tiles tell technicians one by one, before it clusters of them. */
export const SINGLE_ZOOM = 12;

export type MapFeature = TechnicianFeature | OrderFeature;

/**
 * What a map source needs to catch up; `all` replaces everything. `people`: how many technicians are held now. `released`: who
 * is gone is not held any more, but may be there all the same.
 */
export interface FleetChange {
  released?: boolean;
  all: boolean;
  set: MapFeature[];
  gone: string[];
  people: number;
}

export type LegendKey = TechnicianStatus | "provider" | OrderKind;
export type LegendCounts = Record<LegendKey, number>;

const NOTHING: LegendCounts = { free: 0, offered: 0, busy: 0, silent: 0, provider: 0, lead: 0, ticket: 0 };

/** Counts of what the map holds, for the legend. */
export function countFeatures(features: Iterable<MapFeature>): LegendCounts {
  const counts = { ...NOTHING };
  for (const { properties } of features) {
    if (properties.kind === "technician") {
      counts[properties.status] += 1;
      if (properties.provider) counts.provider += 1;
    } else {
      counts[properties.order_kind] += 1;
    }
  }
  return counts;
}

/** Those heard from last first; those of whom no time is known at the end, by name. */
export function bySeen(technicians: Iterable<TechnicianFeature>): TechnicianFeature[] {
  const seen = [...technicians].map((one) => {
    const at = one.properties.recorded_at;
    return { one, at: at === null ? Number.NEGATIVE_INFINITY : Date.parse(at) };
  });
  seen.sort(
    (a, b) =>
      b.at - a.at || a.one.properties.name.localeCompare(b.one.properties.name) || (a.one.id < b.one.id ? -1 : 1),
  );
  return seen.map(({ one }) => one);
}

/** Whether `told` says more than what is held: something newer, and not what is known. */
function isNews(held: MapFeature | undefined, told: MapFeature): boolean {
  if (held === undefined) return true;
  if (held.properties.kind === "technician" && told.properties.kind === "technician") {
    // What the stream has told meanwhile is not taken back by an answer that was made before.
    const [before, after] = [held.properties.recorded_at, told.properties.recorded_at];
    if (before !== null && after !== null && Date.parse(after) < Date.parse(before)) return false;
  } else if (held.properties.kind === "work_order" && told.properties.kind === "work_order") {
    if (told.properties.version < held.properties.version) return false;
  }
  return textOf(held) !== textOf(told);
}

/** All of it but the age, which is another one each time. */
const textOf = ({ geometry, properties }: MapFeature) =>
  JSON.stringify([geometry.coordinates, { ...properties, age_s: 0 }]);

/** Holds the features by id; what changes it answers with what the map must redraw. */
export class Fleet {
  readonly technicians = new Map<string, TechnicianFeature>();
  readonly pins = new Map<string, OrderFeature>();

  replace(features: readonly MapFeature[]): FleetChange {
    this.technicians.clear();
    this.pins.clear();
    this.add(features);
    return { all: true, set: [...features], gone: [], people: this.technicians.size };
  }

  /** Everything that is held. */
  whole(): FleetChange {
    const set = [...this.technicians.values(), ...this.pins.values()];
    return { all: true, set, gone: [], people: this.technicians.size };
  }

  /** Hold what `features` tell, and of the technicians besides those that `keeps` says; the change is what differs. */
  catchUp(features: readonly MapFeature[], keeps: (technician: TechnicianFeature) => boolean): FleetChange {
    const told = new Set(features.map(({ id }) => id));
    const people = [...this.technicians.values()].filter((each) => !told.has(each.id) && !keeps(each));
    const pins = [...this.pins.values()].filter(({ id }) => !told.has(id));
    const news = features.filter((each) => isNews(this.technicians.get(each.id) ?? this.pins.get(each.id), each));
    const gone = [...people, ...pins].map(({ id }) => id);
    return { ...this.apply(news, gone), released: true };
  }

  apply(set: readonly MapFeature[], gone: readonly string[] = []): FleetChange {
    const known = gone.filter((id) => this.technicians.has(id) || this.pins.has(id));
    for (const id of known) {
      this.technicians.delete(id);
      this.pins.delete(id);
    }
    this.add(set);
    return { all: false, set: [...set], gone: known, people: this.technicians.size };
  }

  counts(): LegendCounts {
    return countFeatures([...this.technicians.values(), ...this.pins.values()]);
  }

  /** How many technicians are where `at` says yes. */
  countWhere(at: (lon: number, lat: number) => boolean): number {
    let count = 0;
    for (const { geometry } of this.technicians.values()) {
      if (at(geometry.coordinates[0] ?? 0, geometry.coordinates[1] ?? 0)) count += 1;
    }
    return count;
  }

  private add(features: readonly MapFeature[]): void {
    for (const feature of features) {
      if (feature.properties.kind === "technician") {
        this.technicians.set(feature.id, feature as TechnicianFeature);
      } else {
        this.pins.set(feature.id, feature as OrderFeature);
      }
    }
  }
}
