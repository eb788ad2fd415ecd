import { useEffect, useRef } from "preact/hooks";
import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { isFinished, isTaken } from "../model/pending";
import { slotText } from "../model/zone";
import { glyphOf, pin } from "../symbols/drawings";
import { Icon } from "../symbols/Icon";
import { Symbol } from "../symbols/Symbol";
import { texts } from "../texts/console";
import { Countdown } from "../ui/Countdown";
import { Candidates } from "./Candidates";
import { Details } from "./Details";
import { Give } from "./Give";
import { usePanelKeys } from "./keys";
import { Locate } from "./Locate";
import { Send } from "./Send";
import { Taken } from "./Taken";
import { Ways } from "./Ways";

/** The open order: what is known of it, who can take it, and at the bottom, always in sight, what may be done. */
export function Panel({ order }: { order: WorkOrder }) {
  const { desk, view } = usePage();
  const shows = stateOf(order, { placing: desk.placing.value !== null, replacing: desk.question.replacing.value });
  const region = useFocusKept(`${shows} ${order.offer?.id}`);
  const sending = desk.question.sending.value;
  usePanelKeys();
  return (
    <section class="near card" aria-label={texts.value.panel.whoCanTake(order.number)} data-shows={shows}>
      {/* Its rows can be reached, and the list scrolled, by keys. */}
      <div class="near-scroll" ref={region} role="group" tabIndex={-1} aria-label={order.number}>
        {!view.phone.value && <Head order={order} />}
        <Details order={order} />
        <Ways order={order} />
        <Notice />
        {shows === "taken" && <Taken order={order} />}
        {shows === "locate" && <Locate order={order} />}
        {shows === "ranking" && <Candidates order={order} />}
      </div>
      {sending && <Send key={order.id} order={order} />}
      {shows === "ranking" && !sending && <Give order={order} />}
    </section>
  );
}

type Shows = "taken" | "locate" | "ranking";

/** When what had the focus is gone, such as the button that gave the order, keys go on from the panel. */
function useFocusKept(what: string) {
  const region = useRef<HTMLDivElement>(null);
  const before = useRef(what);
  useEffect(() => {
    if (before.current === what) return;
    before.current = what;
    const { activeElement: held } = document;
    if (held === null || held === document.body || (held instanceof HTMLButtonElement && held.disabled)) {
      region.current?.focus({ preventScroll: true });
    }
  }, [what]);
  return region;
}

/** What the order waits for decides what the panel offers. */
function stateOf(order: WorkOrder, { placing, replacing }: { placing: boolean; replacing: boolean }): Shows {
  if (placing) return "locate";
  if (isFinished(order) || (isTaken(order) && !replacing)) return "taken";
  return order.location ? "ranking" : "locate";
}

function Head({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const words = texts.value.panel;
  const lines = [order.number, order.customer?.name, order.address].filter(Boolean).join(" · ");
  return (
    <header class="who">
      <Symbol shapes={pin(order.kind, isTaken(order), glyphOf(order))} />
      <div>
        <h2>{order.title}</h2>
        <p>{lines}</p>
      </div>
      <button
        type="button"
        class="icon-button"
        aria-label={words.close}
        title={`${words.close} (Esc)`}
        onClick={() => desk.select(null)}
      >
        <Icon name="close" />
      </button>
      <div class="chips">
        <span class="chip">
          <Icon name="clock" />
          {slotText(order.slot, desk.now.value, desk.zoneOf(order))}
        </span>
        {order.priority !== 0 && <span class="chip warn">{words.priority(order.priority)}</span>}
        {order.skills.map((skill) => (
          <span class="chip" key={skill}>
            {skill.replaceAll("_", " ")}
          </span>
        ))}
        {order.offer && (
          <span class="chip free">
            {words.offeredTo(order.offer.technician_name)}
            <Countdown order={order} />
          </span>
        )}
      </div>
    </header>
  );
}

/** What the last try came to, whatever the order is by now: who was faster, and when. */
function Notice() {
  const { question } = usePage().desk;
  const shown = useRef<HTMLParagraphElement>(null);
  const text = question.notice.value;
  useEffect(() => {
    if (text) shown.current?.scrollIntoView({ block: "nearest" });
  }, [text]);
  if (!text) return null;
  return (
    <p class="notice" role="alert" ref={shown}>
      <Icon name="warn" />
      {text}
    </p>
  );
}
