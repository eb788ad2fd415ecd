import type { OrderDetail } from "../../api/types";
import { usePage } from "../../frame/context";
import { Icon } from "../../symbols/Icon";
import { useOrderState, useWhen, words } from "./context";
import { lostText } from "./lost";
import { Key } from "./Now";

/** What went wrong, who was quicker, what could not be read, and the way back from what was just done. */
export function Notices({ order }: { order: OrderDetail }) {
  const { desk } = usePage();
  const state = useOrderState();
  const when = useWhen(order);
  const lost = state.lost.value;
  const notice = state.notice.value;
  return (
    <>
      {lost && (
        <p class="told problem" role="alert">
          <Icon name="warn" />
          <span>{lostText(lost.body, words(), when.nowMs)}</span>
          <Close
            onClick={() => {
              state.lost.value = null;
            }}
          />
        </p>
      )}
      {notice && (
        <p class={notice.problem ? "told problem" : "told"} role="alert">
          <Icon name={notice.problem ? "warn" : "check"} />
          <span>{notice.text}</span>
          <Close
            onClick={() => {
              state.notice.value = null;
            }}
          />
        </p>
      )}
      {state.incomplete.value !== null && (
        <p class="told problem" role="alert">
          <Icon name="warn" />
          <span>{words().incomplete(state.incomplete.value)}</span>
          <button type="button" class="btn" onClick={() => void state.load()}>
            {words().again}
          </button>
        </p>
      )}
      {state.undoable.value && (
        <p class="told" role="status">
          <button type="button" class="btn" disabled={desk.cut.value} onClick={() => void state.undo()}>
            {words().undo} <Key name="U" />
          </button>
        </p>
      )}
    </>
  );
}

function Close({ onClick }: { onClick: () => void }) {
  return (
    <button type="button" class="icon-button" aria-label={words().close} onClick={onClick}>
      <Icon name="close" />
    </button>
  );
}
