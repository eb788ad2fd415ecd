import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { currentPage, hrefOf } from "../frame/router";
import { isFinished } from "../model/pending";
import { texts } from "../texts/console";
import { maySend } from "./rights";

/** What else can be done with the open order, in one quiet line with its keys. */
export function Ways({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const words = texts.value.panel;
  const { sending } = desk.question;
  return (
    <div class="else">
      <a href={hrefOf("order", { wo: order.id })}>{words.page}</a>
      {maySend(order) && (
        <button type="button" aria-expanded={sending.value} onClick={() => (sending.value = !sending.value)}>
          {words.send} <Key name="T" />
        </button>
      )}
      {currentPage.value === "" && order.location && !isFinished(order) && (
        <button type="button" onClick={() => desk.startPlacing()}>
          {words.movePin} <Key name="P" />
        </button>
      )}
    </div>
  );
}

/** A key beside the name of what it does; none where letters are off, or on a phone. */
export function Key({ name }: { name: string }) {
  const { view } = usePage();
  return view.letterKeys.value && !view.phone.value ? <kbd aria-hidden="true">{name}</kbd> : null;
}
