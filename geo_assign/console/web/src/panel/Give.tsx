import type { TargetedEvent } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { exclusionText } from "../model/nearest";
import { isTaken } from "../model/pending";
import { firstName } from "../model/words";
import { texts } from "../texts/console";
import { REASON_KEYS } from "./keys";
import { Key } from "./Ways";

/** The bar with the ways to give the order. While an offer is open, no key gives anything. */
export function Give({ order }: { order: WorkOrder }) {
  if (isTaken(order)) return <Replace />;
  return order.offer ? <WhileOffered order={order} /> : <Choice />;
}

function Choice() {
  const { desk } = usePage();
  const { question } = desk;
  const words = texts.value.panel;
  const chosen = question.chosen.value;
  const giving = question.giving.value;
  const anyway = question.chosenAnyway.value;
  if (anyway) {
    return (
      <div class="act anyway">
        <p>{`${anyway.name}: ${exclusionText(anyway, desk.now.value, desk.zoneOf(question.order.value))}`}</p>
        <button
          type="button"
          class="btn pri"
          disabled={question.held.value}
          onClick={() => void question.give("assign")}
        >
          {giving ? words.assigning : words.assignAnyway(firstName(anyway.name))}
        </button>
      </div>
    );
  }
  if (question.candidates.value.length === 0) return null;
  const name = chosen ? firstName(chosen.name) : "";
  const crew = question.crew.value.length;
  const offer = crew > 0 ? words.offerToCrew(name, crew) : words.offerTo(name);
  const disabled = !question.armed.value;
  return (
    <div class="act">
      <button type="button" class="btn pri" disabled={disabled} onClick={() => void question.give("offer")}>
        {giving?.mode === "offer" ? words.offering : chosen ? offer : words.chooseSomeone} <kbd>Enter</kbd>
      </button>
      <button
        type="button"
        class="btn"
        disabled={disabled}
        title="Shift Enter"
        onClick={() => void question.give("assign")}
      >
        {giving?.mode === "assign" ? words.assigning : words.assignNow}
      </button>
    </div>
  );
}

function WhileOffered({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  const { question, giving } = desk;
  const words = texts.value.panel;
  const chosen = question.chosen.value;
  const instead = question.chosenInstead.value && chosen;
  const busy = question.held.value || giving.busy.value;
  return (
    <div class="act">
      {instead ? (
        <button type="button" class="btn pri" disabled={busy} onClick={() => void question.give("offer")}>
          {words.offerInstead(firstName(chosen.name))}
        </button>
      ) : (
        <button type="button" class="btn pri" disabled>
          {words.offeredTo(firstName(order.offer?.technician_name ?? ""))}
        </button>
      )}
      <button type="button" class="btn" disabled={busy || !chosen} onClick={() => void question.give("assign")}>
        {words.assignNow}
      </button>
      <button type="button" class="btn" disabled={busy} onClick={() => void giving.unassign(order)}>
        {words.takeBackOffer}
      </button>
    </div>
  );
}

/** An order that a technician has goes to another one, with the reason. */
function Replace() {
  const { question } = usePage().desk;
  const words = texts.value.panel;
  const chosen = question.chosen.value;
  const form = useRef<HTMLFormElement>(null);
  // From here on the letters choose the reason, and Enter gives it.
  useLayoutEffect(() => form.current?.focus({ preventScroll: true }), []);
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    void question.give("assign");
  };
  return (
    <form ref={form} class="act replace" tabIndex={-1} aria-label={words.reallocate} onSubmit={submit}>
      <label>
        {words.reason}
        <input
          type="text"
          required
          maxLength={500}
          autocomplete="off"
          value={question.reason.value}
          onInput={(event) => (question.reason.value = event.currentTarget.value)}
        />
      </label>
      <div class="reasons-to-choose">
        {Object.entries(REASON_KEYS).map(([key, reason]) => (
          <button
            type="button"
            key={key}
            class="chip"
            aria-pressed={question.reason.value === words.reasons[reason]}
            onClick={() => question.reasonKey(reason)}
          >
            {words.reasons[reason]} <Key name={key.toUpperCase()} />
          </button>
        ))}
      </div>
      <button class="btn pri" type="submit" disabled={!question.armed.value}>
        {chosen ? words.reallocateTo(firstName(chosen.name)) : words.chooseSomeone} <kbd aria-hidden="true">Enter</kbd>
      </button>
      <button type="button" class="btn" onClick={() => question.replace(false)}>
        {words.cancel}
      </button>
    </form>
  );
}
