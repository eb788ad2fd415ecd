import { computed, signal } from "@preact/signals";
import type { MapNarrowing } from "../api/client";
import type { WorkOrder } from "../api/types";

/** Which part of the technicians and of the work a dispatcher has chosen to see. */
export class Narrowing {
  readonly groupId = signal<string>("");
  /** The technicians with this skill alone are on the map; empty: all. */
  readonly skill = signal("");
  /** The stores that are shown, by id; empty for all of them. */
  readonly scope = signal<ReadonlySet<string>>(new Set());

  readonly inScope = computed(() => {
    const groupId = this.groupId.value;
    const scope = this.scope.value;
    return (order: WorkOrder) =>
      (!groupId || order.group_id === groupId) && (scope.size === 0 || scope.has(order.store_id));
  });

  /** Whom the map shows. */
  readonly asked = computed<MapNarrowing>(() => ({
    storeIds: [...this.scope.value],
    groupId: this.groupId.value,
    skill: this.skill.value,
  }));

  readonly isNarrow = computed(() => this.scope.value.size > 0 || this.groupId.value !== "" || this.skill.value !== "");
}
