import { batch, computed, type ReadonlySignal, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { LatLon, TechnicianFeature, Track } from "../api/types";

interface Around {
  client: Client;
  technicians: ReadonlyMap<string, TechnicianFeature>;
  /** Counts up whenever one of them moved. */
  moves: ReadonlySignal<number>;
  /** Choose a technician who is ranked for the open order; whether there is one. */
  chooseRanked(technicianId: string): boolean;
}

/** What a dispatcher has open and points at: an order, a technician. */
export class Selection {
  readonly orderId = signal<string | null>(null);
  /** How the open order came to be open. */
  how: "chosen" | "followed" = "chosen";
  readonly technicianId = signal<string | null>(null);
  /** A wish to see a person, or (null) the open order, on the map; a new object for every wish. */
  readonly viewWish = signal<{ technicianId: string | null; at?: LatLon }>({ technicianId: null });
  /** The way of the day that is drawn; null when none is. */
  readonly track = signal<Track | null>(null);
  readonly trackProblem = signal<string | null>(null);
  /** The technician whom the map follows. */
  readonly followedId = signal<string | null>(null);
  readonly technician = computed<TechnicianFeature | null>(() => {
    this.around.moves.value;
    return this.around.technicians.get(this.technicianId.value ?? "") ?? null;
  });

  constructor(private readonly around: Around) {}

  /** Open an order, or none. `how` tells whether a person chose it, or it followed from something else: a step, another window. */
  select(id: string | null, how: "chosen" | "followed" = "chosen"): void {
    this.how = how;
    batch(() => {
      this.orderId.value = id;
      this.technicianId.value = null;
    });
  }

  /** A person was pointed at: a ranked one is chosen, another one shown. */
  pointAt(technicianId: string): void {
    this.technicianId.value = this.around.chooseRanked(technicianId) ? null : technicianId;
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
      this.track.value = await this.around.client.track(technicianId);
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
}
