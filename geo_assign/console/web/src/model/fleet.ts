/** The people and pins of the map, and what changed in them since it was last drawn. */
import type { OrderFeature, OrderKind, TechnicianFeature, TechnicianStatus } from "../api/types";

export type MapFeature = TechnicianFeature | OrderFeature;

/** What a map source needs to catch up; `all` replaces everything. */
export interface FleetChange {
  all: boolean;
  set: MapFeature[];
  gone: string[];
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
  const seen = ({ properties }: TechnicianFeature) =>
    properties.recorded_at === null ? Number.NEGATIVE_INFINITY : Date.parse(properties.recorded_at);
  return [...technicians].sort(
    (a, b) => seen(b) - seen(a) || a.properties.name.localeCompare(b.properties.name) || (a.id < b.id ? -1 : 1),
  );
}

/** Holds the features by id; `apply` and `replace` answer with what the map must redraw. */
export class Fleet {
  readonly technicians = new Map<string, TechnicianFeature>();
  readonly pins = new Map<string, OrderFeature>();

  replace(features: readonly MapFeature[]): FleetChange {
    this.technicians.clear();
    this.pins.clear();
    this.add(features);
    return { all: true, set: [...features], gone: [] };
  }

  apply(set: readonly MapFeature[], gone: readonly string[] = []): FleetChange {
    const known = gone.filter((id) => this.technicians.has(id) || this.pins.has(id));
    for (const id of known) {
      this.technicians.delete(id);
      this.pins.delete(id);
    }
    this.add(set);
    return { all: false, set: [...set], gone: known };
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
