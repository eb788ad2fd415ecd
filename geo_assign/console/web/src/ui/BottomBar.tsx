import { Icon } from "../symbols/Icon";
import type { PhoneTab } from "../state/view";
import { usePage } from "./context";

/** The phone's way around. */
export function BottomBar() {
  const { desk, view } = usePage();
  const go = (tab: PhoneTab) => {
    view.phoneTab.value = tab;
    desk.select(null);
  };
  const current = (tab: PhoneTab) => (view.phoneTab.value === tab ? "page" : undefined);
  return (
    <nav class="bottom" aria-label="Main">
      <button aria-current={current("pending")} onClick={() => go("pending")}>
        <Icon name="list" />
        <span class="count">{desk.pendingCount.value}</span>
        Pending
      </button>
      <button aria-current={current("map")} onClick={() => go("map")}>
        <Icon name="map" />
        Map
      </button>
    </nav>
  );
}
