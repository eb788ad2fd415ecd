import { useEffect, useMemo } from "preact/hooks";
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
  useTitle();
  const page = findPage(currentPage.value);
  const load = useMemo(() => page?.load, [page]);
  return (
    <div class="frame" data-page={currentPage.value || "map"}>
      <Header />
      {desk.problem.value && (
        <p class="banner" role="alert">
          {desk.problem.value}
        </p>
      )}
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

function useTitle() {
  const label = findPage(currentPage.value)?.label(texts.value) ?? texts.value.frame.noSuchPage;
  const { desk } = usePage();
  const number = address.value.query.has("wo") ? desk.selected.value?.number : undefined;
  useEffect(() => {
    document.title = [number, label, "geo-assign"].filter(Boolean).join(" · ");
  }, [number, label]);
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
