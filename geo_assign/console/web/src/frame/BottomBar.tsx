import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { usePage } from "./context";
import { findPage } from "./pages";
import { currentPage, go, setQuery } from "./router";

/** The phone's way around. */
export function BottomBar() {
  const { desk, view } = usePage();
  const words = texts.value.frame;
  const openMap = () => {
    view.phoneTab.value = "map";
    desk.select(null);
    go("");
  };
  const onPending = currentPage.value === "pending" || (currentPage.value === "" && view.phoneTab.value === "pending");
  return (
    <nav class="bottom" aria-label={words.main}>
      <button type="button" aria-current={onPending ? "page" : undefined} onClick={() => go("pending")}>
        <Icon name="list" />
        {desk.loaded.value && <span class="count">{desk.pendingCount.value}</span>}
        {words.pending}
      </button>
      <button
        type="button"
        aria-current={currentPage.value === "" && !onPending ? "page" : undefined}
        onClick={openMap}
      >
        <Icon name="map" />
        {words.map}
      </button>
      {findPage("board") && (
        <button
          type="button"
          aria-current={currentPage.value === "board" ? "page" : undefined}
          onClick={() => go("board")}
        >
          <Icon name="board" />
          {words.board}
        </button>
      )}
      <button type="button" onClick={() => setQuery({ new: "lead" })}>
        <Icon name="plus" />
        {words.create}
      </button>
    </nav>
  );
}
