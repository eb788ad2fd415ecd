/** Where a work order can be sent: other stores, and other groups of every store. */
import type { Destination } from "../api/types";
import { fold } from "./find";

export interface Goal {
  key: string;
  /** `North`, or `North · Ovens`. */
  name: string;
  storeId: string;
  /** Null: the store alone, in no group. */
  groupId: string | null;
}

/** Everywhere but where the order is: each store before its groups. */
export function goalsOf(stores: readonly Destination[], order: { store_id: string; group_id: string | null }): Goal[] {
  return stores.flatMap((store) => {
    const itself = { key: store.id, name: store.name, storeId: store.id, groupId: null };
    const groups = store.groups
      .filter(({ id }) => id !== order.group_id)
      .map(({ id, name }) => ({ key: id, name: `${store.name} · ${name}`, storeId: store.id, groupId: id }));
    return store.id === order.store_id ? groups : [itself, ...groups];
  });
}

const SHOWN = 6;

/** Those with a word that begins with each word typed; the first six. Accents and case do not matter. */
export function matchingGoals(goals: readonly Goal[], typed: string): Goal[] {
  const wanted = fold(typed).split(/\s+/).filter(Boolean);
  const starts = (name: string) => {
    const words = fold(name).split(/[\s·'-]+/);
    return wanted.every((each) => words.some((word) => word.startsWith(each)));
  };
  return goals.filter(({ name }) => starts(name)).slice(0, SHOWN);
}
