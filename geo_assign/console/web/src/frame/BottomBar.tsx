import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { usePage } from "./context";
import { findPage } from "./pages";
import { currentPage, go, queryValue, setQuery } from "./router";

/** The phone's way around. */
export function BottomBar() {
  const { desk, view } = usePage();
  const words = texts.value.frame;
  const openMap = () => {
    view.phoneTab.value = "map";
    desk.select(null);
    go("");
  };
  const creates = queryValue("new") !== null;
  const onPending = currentPage.value === "pending" || (currentPage.value === "" && view.phoneTab.value === "pending");
  const current = (shown: boolean) => (shown ? "page" : undefined);
  return (
    <nav class="bottom" aria-label={words.main}>
      <button type="button" aria-current={current(onPending && !creates)} onClick={() => go("pending")}>
        <Icon name="list" />
        {desk.loaded.value && <span class="count">{desk.pendingCount.value}</span>}
        {words.pending}
      </button>
      <button
        type="button"
        aria-current={current(currentPage.value === "" && !onPending && !creates)}
        onClick={openMap}
      >
        <Icon name="map" />
        {words.map}
      </button>
      {findPage("board") && (
        <button
          type="button"
          aria-current={current(currentPage.value === "board" && !creates)}
          onClick={() => go("board")}
        >
          <Icon name="board" />
          {words.board}
        </button>
      )}
      <button type="button" aria-current={current(creates)} onClick={() => setQuery({ new: "lead" })}>
        <Icon name="plus" />
        {words.create}
      </button>
    </nav>
  );
}
