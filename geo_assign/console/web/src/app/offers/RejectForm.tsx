import type { TargetedEvent } from "preact";
import { useState } from "preact/hooks";
import { remaining } from "../../model/clock";
import { texts } from "../../texts/app";
import type { Facts } from "../api/types";
import { useApp } from "../context";
import { titleOf } from "../words";
import { Clock } from "./Clock";
import { type OfferedWork, wantsNote } from "./offers";

export type Reason = Facts["reject_reasons"][number]["code"];

interface Props {
  offer: OfferedWork;
  busy: boolean;
  problem: string;
  onCancel: () => void;
  onReject: (reason: Reason, note: string | null) => void;
}

/** Why not: one press sends it, but for the reason that says nothing without words. */
export function RejectForm({ offer, busy, problem, onCancel, onReject }: Props) {
  const { day } = useApp();
  const words = texts.value.offer;
  const [noted, setNoted] = useState<Reason | null>(null);
  const reasons = day.facts.value?.reject_reasons ?? [];
  const submit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    const note = String(new FormData(event.currentTarget).get("note") ?? "").trim();
    if (noted !== null) onReject(noted, note || null);
  };
  return (
    <main class="page">
      <div class="head">
        <div>
          <h1>{words.why}</h1>
          <p>{titleOf(offer.work_order)}</p>
        </div>
        <Clock left={remaining(offer, day.nowMs.value)} kind={offer.work_order.kind} />
      </div>
      <ul class="reasons">
        {reasons.map(({ code, text, may_ask_again }) => (
          <li key={code}>
            <button
              type="button"
              class="btn"
              disabled={busy}
              aria-pressed={noted === code ? true : undefined}
              onClick={() => (wantsNote(code) ? setNoted(code) : onReject(code, null))}
            >
              <b>{words.reasons[code] ?? text}</b>
              <small>{may_ask_again ? words.again : words.notAgain}</small>
            </button>
          </li>
        ))}
      </ul>
      {noted !== null && (
        <form class="stack" onSubmit={submit}>
          <label>
            {words.noteNeeded}
            <textarea name="note" rows={3} maxLength={2000} required autofocus />
          </label>
          <button type="submit" class="btn pri go" disabled={busy}>
            {words.sendReject}
          </button>
        </form>
      )}
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="button" class="btn" disabled={busy} onClick={onCancel}>
        {busy ? words.rejecting : words.cancel}
      </button>
    </main>
  );
}
