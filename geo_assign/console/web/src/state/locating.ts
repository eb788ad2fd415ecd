import { batch, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../api/client";
import type { LatLon, WorkOrder } from "../api/types";

/** Saying where an order is: by a pin that is being placed, or by an address. */
export class Locating {
  /** Where a pin is being placed for the open order; null when none is. */
  readonly placing = signal<LatLon | null>(null);
  readonly busy = signal(false);
  readonly problem = signal<string | null>(null);

  constructor(
    private readonly client: Client,
    private readonly onOrder: (order: WorkOrder) => void,
  ) {}

  leave(): void {
    batch(() => {
      this.placing.value = null;
      this.problem.value = null;
    });
  }

  async locate(order: WorkOrder | null, change: { address: string } | { location: LatLon }): Promise<void> {
    if (!order || this.busy.value) return;
    this.busy.value = true;
    this.problem.value = null;
    try {
      this.onOrder(await this.client.locate(order, change));
      this.placing.value = null;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.problem.value = error.message;
      if (error.status === 412) this.onOrder(await this.client.order(order.id));
    } finally {
      this.busy.value = false;
    }
  }
}
