/** The open order is in the address, and the windows of one person open the same. */
import { computed, effect } from "@preact/signals";
import type { Desk } from "../state/desk";
import type { View } from "../state/view";
import { address, currentPage, queryValue, setQuery } from "./router";

const WORK_ORDER = "wo";
const STORES = "store";
export const GROUP = "group";
export const SKILL = "skill";

/** Keep the address, the desk's selection and the other windows on the same order. Returns what ends it. */
export function followSelection(desk: Desk, view: View): () => void {
  const channel = "BroadcastChannel" in window ? new BroadcastChannel(`geo-assign-open-${desk.me.user.id}`) : null;
  let told = queryValue(WORK_ORDER);
  // Compared as text: another order in the address chooses no other stores, for which the map would be read anew.
  const storesNamed = computed(() => queryValue(STORES));
  const ends = [
    effect(() => {
      const wanted = queryValue(WORK_ORDER);
      if (wanted !== desk.selectedId.peek()) desk.select(wanted);
    }),
    effect(() => {
      const id = desk.selectedId.value;
      const known = address.peek().query.get(WORK_ORDER);
      // What opens by itself is no step to go back to.
      if (id !== known) setQuery({ [WORK_ORDER]: id }, { replace: desk.selectedHow === "followed" });
      if (id !== told && view.followWindows.peek()) channel?.postMessage(id);
      told = id;
    }),
    effect(() => {
      desk.scope.value = chosenStores(storesNamed.value, desk.me.stores);
    }),
    effect(() => {
      // Of the map alone: elsewhere nothing would say that something is left out.
      const onMap = currentPage.value === "";
      desk.groupId.value = (onMap && queryValue(GROUP)) || "";
      desk.skill.value = (onMap && queryValue(SKILL)) || "";
    }),
  ];
  if (channel) {
    channel.onmessage = ({ data }: MessageEvent<string | null>) => {
      if (!view.followWindows.peek()) return;
      told = data;
      desk.select(data, "followed");
    };
  }
  return () => {
    ends.forEach((end) => end());
    channel?.close();
  };
}

/** The stores that a query names, of those that the user sees; empty for all. */
export function chosenStores(named: string | null, stores: readonly { id: string }[]): ReadonlySet<string> {
  const wanted = new Set(named?.split(","));
  const chosen = stores.map(({ id }) => id).filter((id) => wanted.has(id));
  return new Set(chosen.length === stores.length ? [] : chosen);
}

/** Show these stores; all of them when there are none or all. */
export function chooseStores(ids: readonly string[]): void {
  setQuery({ [STORES]: ids.join(",") || null });
}
