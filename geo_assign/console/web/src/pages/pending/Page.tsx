import "../../styles/panel.css";
import "./style.css";
import { useEffect, useMemo } from "preact/hooks";
import { usePage } from "../../frame/context";
import { Panel } from "../../panel/Panel";
import { Told } from "../../panel/Told";
import { AssignPane } from "./AssignPane";
import { BulkBar } from "./BulkBar";
import { PendingContext, usePending, words } from "./context";
import { Footer } from "./Footer";
import { usePendingKeys } from "./keys";
import { OptimisePane } from "./OptimisePane";
import { PendingState } from "./state";
import { Table } from "./Table";
import { TransferPane } from "./TransferPane";
import { Views } from "./Views";

/** Everything that waits, as a table that each user arranges, and what is done with many at once. */
export default function PendingPage() {
  const { client, desk } = usePage();
  const state = useMemo(() => new PendingState(client, desk), [client, desk]);
  useEffect(() => void state.loadViews(), [state]);
  return (
    <PendingContext.Provider value={state}>
      <Layout />
    </PendingContext.Provider>
  );
}

function Layout() {
  const { desk } = usePage();
  const state = usePending();
  usePendingKeys(state);
  const beside = state.pane.value !== null || desk.selected.value !== null;
  return (
    <main class={beside ? "pend beside" : "pend"}>
      <h1 class="sr">{words().label}</h1>
      <div class="list">
        <Views />
        <Table />
        <BulkBar />
        <Footer />
      </div>
      {beside && <Beside />}
      <Told />
    </main>
  );
}

/** What stands at the right: the preview, a list to assign from, or the open order. */
function Beside() {
  const { desk } = usePage();
  const state = usePending();
  switch (state.pane.value) {
    case "optimise":
      return <OptimisePane />;
    case "assign":
      return <AssignPane />;
    case "transfer":
      return <TransferPane />;
    default:
      return desk.selected.value ? <Panel order={desk.selected.value} /> : null;
  }
}
