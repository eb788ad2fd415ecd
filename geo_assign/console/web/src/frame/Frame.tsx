import { effect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { clockTime } from "../model/zone";
import { texts } from "../texts/console";
import { BottomBar } from "./BottomBar";
import { usePage } from "./context";
import { Header } from "./Header";
import { useFrameKeys } from "./keys";
import { Lazy } from "./Lazy";
import { findPage } from "./pages";
import { address, currentPage, hrefOf, queryValue, startRouter } from "./router";
import { followSelection } from "./selection";

const NOTHING = {};
const loadNewPanel = () => import("../pages/new/NewPanel");

/** What stands on every page: the bar, what is wrong, the page itself, and on a phone the bar at the bottom. */
export function Frame() {
  const { desk, view } = usePage();
  useEffect(() => startRouter((page) => findPage(page) !== undefined), []);
  useEffect(() => followSelection(desk, view), [desk]);
  useFrameKeys(view);
  useEffect(() => effect(() => view.alerts.tell(desk.book.events.value, (id) => desk.select(id))), [desk]);
  useTitle();
  const page = findPage(currentPage.value);
  const load = useMemo(() => page?.load, [page]);
  return (
    <div class="frame" data-page={currentPage.value || "map"}>
      <SkipToOrder />
      <Header />
      <Trouble />
      <div class="page">
        {load ? <Lazy key={page?.name} load={load} props={NOTHING} /> : <NoSuchPage />}
        {queryValue("new") !== null && <Lazy load={loadNewPanel} props={NOTHING} />}
      </div>
      {view.phone.value && <BottomBar />}
      <div class="sr" role="status" aria-live="polite">
        {desk.announcement.value}
      </div>
    </div>
  );
}

/** The first stop of the Tab key: past everything to what may be done with the open order. */
function SkipToOrder() {
  const { desk } = usePage();
  if (!desk.selected.value) return null;
  const skip = () => {
    const ways = document.querySelectorAll<HTMLElement>(".near .act button, .near button");
    [...ways].find((each) => !each.hasAttribute("disabled"))?.focus();
  };
  return (
    <button type="button" class="skip" onClick={skip}>
      {texts.value.frame.skipToOrder}
    </button>
  );
}

/** Said at once: what is on the screen is old, and nothing can be given away; or it could not be read at all. */
function Trouble() {
  const { desk } = usePage();
  const words = texts.value.frame;
  const since = desk.offlineSince.value;
  if (since !== null) {
    return (
      <p class="banner" role="alert">
        {words.offlineSince(clockTime(since, desk.zoneOf(desk.selected.value)))}
      </p>
    );
  }
  const problem = desk.problem.value;
  if (problem === null) return null;
  return (
    <div class="banner" role="alert">
      <p>{(desk.loaded.value ? words.notCurrent : words.notRead)(problem)}</p>
      <button type="button" class="btn" onClick={() => void desk.start()}>
        {words.again}
      </button>
    </div>
  );
}

function useTitle() {
  const label = findPage(currentPage.value)?.label(texts.value) ?? texts.value.frame.noSuchPage;
  const { desk } = usePage();
  const number = address.value.query.has("wo") ? desk.selected.value?.number : undefined;
  const waiting = desk.needsYouCount.value;
  useEffect(() => {
    const title = [number, label, "geo-assign"].filter(Boolean).join(" · ");
    document.title = waiting > 0 ? `(${waiting}) ${title}` : title;
  }, [number, label, waiting]);
}

function NoSuchPage() {
  const { noSuchPage, openMap } = texts.value.frame;
  return (
    <main class="splash">
      <div role="alert">
        <h1>{noSuchPage}</h1>
      </div>
      <a href={hrefOf("")}>{openMap}</a>
    </main>
  );
}
