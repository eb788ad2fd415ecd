import { computed, effect, signal } from "@preact/signals";
import { ApiProblem, type Client } from "../../api/client";
import type { components } from "../../api/document.gen";
import { queryValue, setQuery } from "../../frame/router";
import type { Desk } from "../../state/desk";
import { type Insight, type Period, periodOf } from "./model";

export type Reachability = components["schemas"]["ReachabilityAnswer"];

const SILENT_HOURS = 12;

/** The figures of the period, stores and group of the address, read anew whenever one of these changes. */
export class Figures {
  readonly insight = signal<Insight | null>(null);
  readonly reachability = signal<Reachability | null>(null);
  readonly loading = signal(false);
  readonly problem = signal<string | null>(null);
  readonly groupId = computed(() => queryValue("group") ?? "");
  readonly period = computed<Period>(() =>
    periodOf(queryValue("from"), queryValue("to"), this.desk.clock.now(), this.zone),
  );
  private round = 0;

  constructor(
    private readonly client: Client,
    private readonly desk: Desk,
  ) {}

  get zone(): string {
    return this.desk.zoneOf(null);
  }

  /** Read now and at every change, until what is returned is called. */
  start(): () => void {
    return effect(() => {
      void this.read(this.period.value, this.groupId.value, [...this.desk.scope.value]);
    });
  }

  choose(period: Period): void {
    setQuery({ from: period.from, to: period.to });
  }

  chooseGroup(id: string): void {
    setQuery({ group: id || null });
  }

  again(): void {
    void this.read(this.period.peek(), this.groupId.peek(), [...this.desk.scope.peek()]);
  }

  private async read(period: Period, groupId: string, storeIds: string[]): Promise<void> {
    this.round += 1;
    const mine = this.round;
    this.loading.value = true;
    this.problem.value = null;
    const place = { store_id: storeIds, group_id: groupId || undefined };
    const { api } = this.client;
    try {
      const [insight, silent] = await Promise.all([
        this.client.answered<Insight>(api.GET("/v1/insight", { params: { query: { ...period, ...place } } })),
        this.client.answered<Reachability>(
          api.GET("/v1/reachability", { params: { query: { hours: SILENT_HOURS, limit: 50, ...place } } }),
        ),
      ]);
      if (mine !== this.round) return;
      this.insight.value = insight;
      this.reachability.value = silent;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      if (mine === this.round) this.problem.value = error.message;
    } finally {
      if (mine === this.round) this.loading.value = false;
    }
  }
}
