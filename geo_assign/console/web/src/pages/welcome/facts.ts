import { useEffect } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import { queryValue } from "../../frame/router";
import type { Api } from "../settings/things/resource";
import { answered } from "../settings/things/resource";
import { type Loaded, useLoad } from "../settings/useLoad";
import type { Facts } from "./steps";

/** How often the guide looks again. */
const LOOKS_EVERY_MS = 3_000;

/** What is there, read again while the page is open and seen. */
export function useFacts(api: Api): Loaded<Facts> {
  const practiceId = queryValue("lead");
  const loaded = useLoad(`welcome/${practiceId ?? ""}`, () => readFacts(api, practiceId));
  const { again, value, problem } = loaded;
  useEffect(() => {
    // Once it was read: a slow service is not asked faster than it answers.
    if (value === undefined && problem === null) return;
    const timer = setInterval(() => document.visibilityState === "visible" && again(), LOOKS_EVERY_MS);
    return () => clearInterval(timer);
  }, [again, value, problem]);
  return loaded;
}

async function readFacts(api: Api, practiceId: string | null): Promise<Facts> {
  const active = { params: { query: { active: true, limit: 200 } } };
  const [stores, technicians, invitations, roster, orders, practice] = await Promise.all([
    answered(api.GET("/v1/stores", active)),
    answered(api.GET("/v1/technicians", active)),
    answered(api.GET("/v1/invitations", { params: { query: { limit: 200 } } })),
    answered(api.GET("/v1/technicians/roster", { params: { query: { limit: 200 } } })),
    answered(api.GET("/v1/work-orders", { params: { query: { limit: 1 } } })),
    practiceId
      ? orNull(() => answered(api.GET("/v1/work-orders/{id}", { params: { path: { id: practiceId } } })))
      : null,
  ]);
  const store = stores.items[0];
  const path = store && { params: { path: { id: store.id } } };
  const own = path ? await orNull(() => answered(api.GET("/v1/stores/{id}/map-key", path))) : null;
  const mapKey = own ?? (await orNull(() => answered(api.GET("/v1/organization/map-key"))));
  const live = roster.items.flatMap(({ id, position }) =>
    position?.provenance === "live" && position.age_s !== null ? [[id, position.age_s] as const] : [],
  );
  return {
    stores: stores.items,
    mapKey,
    technicians: technicians.items,
    invited: new Set(invitations.items.map((one) => one.user_id)),
    positions: new Map(live),
    orders: orders.items.length,
    practice,
  };
}

/** What is read, or null where there is none. */
async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}
