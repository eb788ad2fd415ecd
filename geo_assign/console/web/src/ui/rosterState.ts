import { ApiProblem, type Client } from "../api/client";
import type { RosterLine } from "../api/types";

const PAGE = 200;

export interface Roster {
  items: RosterLine[];
  /** Whether the order has a place, so that distances are known. */
  hasLocation: boolean;
}

export interface RosterOf {
  storeId?: string | undefined;
  groupId?: string | undefined;
  /** Say of each technician whether this order can be taken. */
  orderId?: string | undefined;
}

/** Every technician to choose from; null when the service refuses. */
export async function loadRoster(client: Client, { storeId, groupId, orderId }: RosterOf): Promise<Roster | null> {
  const items: RosterLine[] = [];
  let hasLocation = true;
  let cursor: string | undefined;
  try {
    do {
      const query = {
        limit: PAGE,
        cursor,
        store_id: storeId,
        group_id: groupId,
        work_order_id: orderId,
        sort: "name" as const,
      };
      const { data } = await client.api.GET("/v1/technicians/roster", { params: { query } });
      items.push(...(data?.items ?? []));
      hasLocation = data?.has_location ?? hasLocation;
      cursor = data?.next_cursor ?? undefined;
    } while (cursor);
  } catch (error) {
    if (error instanceof ApiProblem) return null;
    throw error;
  }
  return { items, hasLocation };
}
