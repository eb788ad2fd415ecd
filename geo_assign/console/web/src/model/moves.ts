/** Moves that wait to be drawn: of each technician the latest, taken in slices that a page does not feel. */
import type { TechnicianFeature } from "../api/types";

export const SLICE = 250;

export class Moves {
  private readonly waiting = new Map<string, TechnicianFeature | null>();

  get isEmpty(): boolean {
    return this.waiting.size === 0;
  }

  add(features: readonly TechnicianFeature[], gone: readonly string[]): void {
    for (const feature of features) this.waiting.set(feature.id, feature);
    for (const id of gone) this.waiting.set(id, null);
  }

  /** Those who have waited longest, at most `SLICE` of them; they wait no more. */
  next(): { set: TechnicianFeature[]; gone: string[] } {
    const set: TechnicianFeature[] = [];
    const gone: string[] = [];
    for (const [id, feature] of this.waiting) {
      if (set.length + gone.length === SLICE) break;
      if (feature) set.push(feature);
      else gone.push(id);
      this.waiting.delete(id);
    }
    return { set, gone };
  }

  clear(): void {
    this.waiting.clear();
  }
}
