import "./style.css";
import { useEffect, useMemo } from "preact/hooks";
import type { ApiProblem } from "../../api/client";
import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { go, queryValue } from "../../frame/router";
import { Actions } from "./Actions";
import { Crew } from "./Crew";
import { OrderContext, useOrderState, words } from "./context";
import { EditForm } from "./EditForm";
import { AssignForm } from "./GiveForm";
import { Head } from "./Head";
import { useOrderKeys } from "./keys";
import { LinkBox } from "./LinkBox";
import { Notices } from "./Notices";
import { FirstActions, Now } from "./Now";
import { Receipt } from "./Receipt";
import { Customer, Device, GroupTrail, Notes } from "./Side";
import { Story } from "./Story";
import { OrderState } from "./state";

/** One work order: what may be done now, what happened, and why. */
export default function OrderPage() {
  const { client, desk } = usePage();
  const state = useMemo(() => new OrderState(client, desk), [client, desk]);
  const id = queryValue("wo");
  useEffect(() => (id ? state.open(id) : undefined), [state, id]);
  return (
    <OrderContext.Provider value={state}>
      <main class="ord">{id ? <Shown /> : <Empty text={words().none} />}</main>
    </OrderContext.Provider>
  );
}

function Shown() {
  const state = useOrderState();
  const order = state.order.value;
  const failed = state.failed.value;
  if (failed) return <Failed problem={failed} />;
  if (!order)
    return (
      <p class="splash" role="status">
        {words().loading}
      </p>
    );
  return <Loaded key={order.id} order={order} />;
}

function Loaded({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const { view } = usePage();
  useOrderKeys();
  const form = state.form.value;
  return (
    <>
      <Head order={order} />
      <Notices order={order} />
      <div class="cols3">
        <div class="l">
          <Now order={order} />
          {form === "assign" && <AssignForm order={order} />}
          {form === "edit" && <EditForm order={order} />}
          {form === "link" && <LinkBox order={order} />}
          <div class="two">
            <div>
              <Story order={order} />
              <Crew order={order} />
            </div>
            <div>
              <Receipt order={order} />
              <Actions order={order} />
            </div>
          </div>
        </div>
        <div class="r">
          <Customer order={order} />
          <Device order={order} />
          <Notes order={order} />
          <GroupTrail order={order} />
        </div>
      </div>
      {view.phone.value && (
        <div class="sticky">
          <FirstActions order={order} />
        </div>
      )}
    </>
  );
}

function Failed({ problem }: { problem: ApiProblem }) {
  const state = useOrderState();
  const text =
    problem.status === 404 || problem.status === 422 ? words().notFound : `${words().unreachable} ${problem.message}`;
  return (
    <Empty text={text}>
      <button type="button" class="btn" onClick={() => void state.load()}>
        {words().again}
      </button>
    </Empty>
  );
}

function Empty({ text, children }: { text: string; children?: preact.ComponentChildren }) {
  return (
    <div class="splash">
      <div role="alert">
        <h1>{text}</h1>
      </div>
      <div class="do">
        {children}
        <button type="button" class="btn" onClick={() => go("pending")}>
          {words().toPending}
        </button>
      </div>
    </div>
  );
}
