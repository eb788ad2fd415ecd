import { useEffect } from "preact/hooks";
import type { Optimization, OptimizedPair, WorkOrder } from "../../api/types";
import { usePage } from "../../frame/context";
import { isTaken } from "../../model/pending";
import { distance, travelTime } from "../../model/words";
import { glyphOf, person, pin } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { SmallMapPane } from "../../ui/SmallMapPane";
import { Key } from "./BulkBar";
import { usePending, words } from "./context";
import { isSpent, nameOf, ordersOf, sceneOf, sharesOf, waysOf } from "./preview";

/** What the ticked orders would get together, compared with one by one, and giving it out. */
export function OptimisePane() {
  const state = usePending();
  const texts = words().preview;
  const ids = state.chosen.value.map(({ id }) => id).join();
  const preview = state.preview.value;
  const spent = isSpent(state.outcomes.value);
  useEffect(() => {
    if (!spent) void state.solve();
  }, [ids]);
  return (
    <section class="opt card" aria-label={texts.title(state.chosen.value.length)}>
      <header>
        <Icon name="route" />
        <h2>{texts.title(preview ? ordersOf(preview) : state.chosen.value.length)}</h2>
        <button type="button" class="icon-button" aria-label={texts.close} onClick={() => state.openPane(null)}>
          <Icon name="close" />
        </button>
      </header>
      {state.problem.value && (
        <p class="problem" role="alert">
          {state.problem.value}{" "}
          <button type="button" class="btn" onClick={() => void state.solve()}>
            {texts.again}
          </button>
        </p>
      )}
      {!preview && !state.problem.value && (
        <p class="muted pad" role="status">
          {texts.solving}
        </p>
      )}
      {preview && <Solved preview={preview} />}
    </section>
  );
}

function Solved({ preview }: { preview: Optimization }) {
  const state = usePending();
  const { desk } = usePage();
  const texts = words().preview;
  const scene = sceneOf(preview, desk.orders.value, desk.fleet.technicians);
  return (
    <>
      <div class="mini">
        <SmallMapPane label={texts.map} marks={scene.marks} lines={scene.lines} />
        <p class="mkey" aria-hidden="true">
          <span>
            <i class="solid" />
            {texts.together}
          </span>
          <span>
            <i class="dotted" />
            {texts.oneByOne}
          </span>
        </p>
      </div>
      <Comparison preview={preview} />
      <ul class="res">
        {preview.pairs.map((pair) => (
          <Pair key={pair.work_order_id} pair={pair} preview={preview} />
        ))}
        {preview.unassigned.map((left) => (
          <li key={left.work_order_id}>
            <Pin order={desk.orders.value.get(left.work_order_id)} />
            <div>
              <b>{desk.orders.value.get(left.work_order_id)?.title ?? left.number}</b>
              <p>{`${left.number} · ${texts.left}`}</p>
              <p class="wy w">
                <Icon name="warn" />
                {texts.leftBecause[left.code] ?? left.detail}
              </p>
            </div>
          </li>
        ))}
      </ul>
      <p class="note2">{sentText(state.outcomes.value, texts)}</p>
      <Commit preview={preview} />
    </>
  );
}

function sentText(
  outcomes: ReadonlyMap<string, { failed: boolean }>,
  texts: ReturnType<typeof words>["preview"],
): string {
  if (outcomes.size === 0) return texts.note;
  return texts.sent([...outcomes.values()].filter(({ failed }) => !failed).length, outcomes.size);
}

/** Two bars and a sentence. */
function Comparison({ preview }: { preview: Optimization }) {
  const { totals } = preview;
  const texts = words().preview;
  const ways = waysOf(totals);
  const shares = sharesOf(ways);
  const told = ways.bySeconds ? travelTime : distance;
  const width = (share: number) => (bar: HTMLElement | null) => bar?.style.setProperty("width", `${share}%`);
  const more = totals.assigned - totals.greedy_assigned;
  const less = ways.oneByOne - ways.together;
  const gain = more > 0 ? texts.more(more) : less >= 50 ? texts.less(told(less)) : texts.same;
  return (
    <>
      <dl class="cmp">
        <div class="w">
          <dt>{texts.together}</dt>
          <dd>
            <i ref={width(shares.together)} />
          </dd>
          <dd>
            <b>{told(ways.together)}</b>
          </dd>
        </div>
        <div>
          <dt>{texts.oneByOne}</dt>
          <dd>
            <i ref={width(shares.oneByOne)} />
          </dd>
          <dd>{told(ways.oneByOne)}</dd>
        </div>
      </dl>
      <p class="gain">
        <Icon name="check" />
        <span>
          <b>{gain}</b> {texts.assigned(totals.assigned, ordersOf(preview))}
        </span>
      </p>
    </>
  );
}

function Pin({ order }: { order: WorkOrder | undefined }) {
  return order ? <Symbol shapes={pin(order.kind, isTaken(order), glyphOf(order))} /> : <Icon name="check" />;
}

function Pair({ pair, preview }: { pair: OptimizedPair; preview: Optimization }) {
  const state = usePending();
  const { desk } = usePage();
  const texts = words().preview;
  const order = desk.orders.value.get(pair.work_order_id);
  const outcome = state.outcomes.value.get(pair.work_order_id);
  const provider = desk.fleet.technicians.get(pair.technician_id)?.properties.provider;
  return (
    <li>
      <Pin order={order} />
      <div>
        <b>{order?.title ?? pair.number}</b>
        <span class="km">{distance(pair.distance_m)}</span>
        <p class="to2">
          {texts.to(pair.number)} <Symbol shapes={person("free", provider ? "diamond" : "round")} />{" "}
          <em>{pair.name}</em>
        </p>
        {outcome ? (
          <p class={outcome.failed ? "wy lost" : "wy done"} role="status">
            <Icon name={outcome.failed ? "warn" : "check"} />
            {outcome.text}
          </p>
        ) : (
          <GreedyText pair={pair} preview={preview} />
        )}
      </div>
    </li>
  );
}

/** What the order would have got one by one, where that differs. */
function GreedyText({ pair, preview }: { pair: OptimizedPair; preview: Optimization }) {
  const { desk } = usePage();
  const texts = words().preview;
  const { greedy } = pair;
  if (!greedy || greedy.technician_id === pair.technician_id) return null;
  const name = nameOf(greedy.technician_id, preview, desk.fleet.technicians);
  if (!name) return null;
  const nearer = greedy.distance_m < pair.distance_m;
  return <p>{nearer ? texts.notNearest(name) : texts.nearer(name, distance(greedy.distance_m))}</p>;
}

function Commit({ preview }: { preview: Optimization }) {
  const state = usePending();
  const texts = words().preview;
  const working = state.working.value;
  const held = working || state.desk.cut.value;
  const spent = isSpent(state.outcomes.value);
  const count = preview.pairs.length;
  return (
    <div class="act">
      {spent ? (
        <button type="button" class="btn pri" onClick={() => state.tickAll(false)}>
          {texts.close}
        </button>
      ) : (
        <>
          <button type="button" class="btn pri" disabled={held || count === 0} onClick={() => void state.commit()}>
            {working ? texts.sending : texts.commit(count)} {!working && <Key name="Enter" />}
          </button>
          <button type="button" class="btn" disabled={held || count === 0} onClick={() => void state.assignAll()}>
            {texts.assignAll}
          </button>
        </>
      )}
    </div>
  );
}
