import type { JSX } from "preact";
import type { WorkOrder } from "../../api/types";
import { usePage } from "../../frame/context";
import { hrefOf } from "../../frame/router";
import { ageSeconds } from "../../model/clock";
import { type Farewell, isTaken, shortAddress } from "../../model/pending";
import { duration } from "../../model/words";
import { clockTime, localDate, moment } from "../../model/zone";
import { glyphOf, pin } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { Countdown } from "../../ui/Countdown";
import { usePending, words } from "./context";
import { type Column, type ColumnId, deadlineMs, isLate, type Row, reasonOf } from "./model";

interface Props {
  row: Row;
  index: number;
  columns: readonly Column[];
  zone: string;
}

/** One order; a struck one says who took it and when. */
export function TableRow({ row, index, columns, zone }: Props) {
  const state = usePending();
  const { desk } = usePage();
  const { order, farewell } = row;
  if (farewell) return <Gone farewell={farewell} index={index} columns={columns} />;
  const ticked = state.ticked.value.has(order.id);
  const classes = [
    ticked && "on",
    state.cursor.value === order.id && "cursor",
    desk.selectedId.value === order.id && "open",
    order.bucket === "needs_you" && "ask",
  ];
  const outcome = state.outcomes.value.get(order.id);
  return (
    <tr
      class={classes.filter(Boolean).join(" ")}
      aria-rowindex={index + 2}
      data-id={order.id}
      onClick={(event) => {
        if (!(event.target as Element).closest("input, a, label")) state.open(order.id);
      }}
    >
      <td class="c-cb">
        <input
          type="checkbox"
          class="cb"
          checked={ticked}
          aria-label={words().select(order.number)}
          onClick={(event) => {
            if (event.shiftKey) {
              event.preventDefault();
              state.tickTo(order.id);
            }
          }}
          onChange={(event) => state.tick(order.id, event.currentTarget.checked)}
        />
      </td>
      {columns.map(({ id }) => (
        <td key={id} class={`c-${id}`}>
          {id === "reason" && outcome ? (
            <span class={outcome.failed ? "lost" : "done"}>{outcome.text}</span>
          ) : (
            CELLS[id]({ order, zone })
          )}
        </td>
      ))}
    </tr>
  );
}

interface CellProps {
  order: WorkOrder;
  zone: string;
}

const CELLS: Record<ColumnId, (props: CellProps) => JSX.Element | string> = {
  state: ({ order }) => <State order={order} />,
  number: ({ order }) => order.number,
  title: ({ order }) => (
    <a href={hrefOf("order", { wo: order.id })} title={order.title}>
      {order.title}
    </a>
  ),
  customer: ({ order }) => order.customer.name,
  street: ({ order }) =>
    order.location || !order.address
      ? order.address
        ? shortAddress(order.address)
        : ""
      : `“${shortAddress(order.address)}”`,
  slot: (props) => <Slot {...props} />,
  group: ({ order }) => <Group order={order} />,
  waiting: ({ order }) => <Waiting order={order} />,
  deadline: (props) => <Deadline {...props} />,
  reason: ({ order }) => reasonOf(order, words()),
  priority: ({ order }) => (order.priority === 0 ? "" : String(order.priority)),
  phone: ({ order }) =>
    order.customer.phone ? (
      <a href={`tel:${order.customer.phone_e164 ?? order.customer.phone}`}>{order.customer.phone}</a>
    ) : (
      ""
    ),
  skills: ({ order }) => order.skills.join(", ").replaceAll("_", " "),
  referral: ({ order }) => order.referral_source ?? "",
};

function State({ order }: { order: WorkOrder }) {
  const texts = words();
  const bucket = order.bucket in texts.state ? texts.state[order.bucket as keyof typeof texts.state] : "";
  return (
    <>
      <Symbol shapes={pin(order.kind, isTaken(order), glyphOf(order))} />
      <span class="sr">{`${texts.kindOf[order.kind]}, ${bucket}`}</span>
    </>
  );
}

function Slot({ order, zone }: CellProps) {
  const { desk } = usePage();
  const now = desk.now.value;
  const start = Date.parse(order.slot.start);
  if (localDate(start, zone) !== localDate(now, zone)) return <>{moment(start, now, zone)}</>;
  return <>{`${clockTime(start, zone)}–${clockTime(Date.parse(order.slot.end), zone)}`}</>;
}

function Group({ order }: { order: WorkOrder }) {
  return <>{usePending().groupName(order.group_id)}</>;
}

function Waiting({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  return <>{duration(ageSeconds(order.created_at, desk.now.value) ?? 0)}</>;
}

const DAY_MS = 86_400_000;
const HOUR_S = 3600;

/** The offer's clock, or what is left until the slot begins. */
function Deadline({ order, zone }: CellProps) {
  const { desk } = usePage();
  if (order.offer) return <Countdown order={order} />;
  const now = desk.now.value;
  const left = deadlineMs(order) - now;
  const late = isLate(order, now);
  const seconds = Math.max(0, Math.floor(left / 1000));
  const text = left <= 0 ? words().passed : left > DAY_MS ? moment(deadlineMs(order), now, zone) : timeLeft(seconds);
  return (
    <span class={late ? "tat late" : "tat"}>
      {late && <Icon name="warn" />}
      {text}
    </span>
  );
}

/** `28 min`, `1 h 28`. */
function timeLeft(seconds: number): string {
  if (seconds < HOUR_S) return duration(seconds);
  return `${Math.floor(seconds / HOUR_S)} h ${String(Math.floor((seconds % HOUR_S) / 60)).padStart(2, "0")}`;
}

interface GoneProps {
  farewell: Farewell;
  index: number;
  columns: readonly Column[];
}

/** A colleague took it: struck through for a few seconds, with who and when. It is not counted and cannot be ticked. */
function Gone({ farewell, index, columns }: GoneProps) {
  const { desk } = usePage();
  const { order, text, atMs } = farewell;
  const age = Math.max(0, Math.floor((desk.now.value - atMs) / 1000));
  return (
    <tr class="gone" aria-rowindex={index + 2} data-id={order.id}>
      <td class="c-cb" />
      <td class="farewell" colSpan={columns.length}>
        <Symbol shapes={pin(order.kind, true, "check")} />
        <s>{`${order.number} · ${order.title}`}</s>
        <span class="took">{text}</span>
        <span class="chip">{words().ago(duration(age))}</span>
      </td>
    </tr>
  );
}
