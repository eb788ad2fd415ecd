import { usePage } from "../../frame/context";
import { Icon } from "../../symbols/Icon";
import { texts } from "../../texts/console";
import type { Board } from "./state";

/** What was done, with the way back for a moment. */
export function Toast({ board }: { board: Board }) {
  const { desk, view } = usePage();
  const words = texts.value.board;
  const done = board.done.value;
  const seconds = done ? Math.max(0, Math.ceil((done.untilMs - desk.now.value) / 1000)) : 0;
  return (
    <div class="board-toast" role="status" hidden={!done}>
      {done && (
        <>
          <Icon name="check" />
          <span>{done.text}</span>
          <button type="button" class="btn" disabled={desk.cut.value} onClick={() => void board.undo()}>
            {words.undo}
            {view.letterKeys.value && <kbd aria-hidden="true">U</kbd>}
          </button>
          <span class="tabular" aria-hidden="true">{`${seconds} s`}</span>
        </>
      )}
    </div>
  );
}
