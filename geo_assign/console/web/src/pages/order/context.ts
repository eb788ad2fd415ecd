import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { texts } from "../../texts/console";
import type { When } from "./model";
import type { OrderState } from "./state";

export const OrderContext = createContext<OrderState | null>(null);

/** The state of the page; only its parts may ask. */
export function useOrderState(): OrderState {
  const state = useContext(OrderContext);
  if (!state) throw new Error("used outside the work order's page");
  return state;
}

/** The texts of this page, as the language is now. */
export const words = () => texts.value.order;

/** The clock and the zone that the order's times are told in. */
export function useWhen(order: OrderDetail): When {
  const { desk } = usePage();
  return { nowMs: desk.now.value, zone: desk.zoneOf(order) };
}
