import type { Remaining } from "../../model/clock";
import { texts } from "../../texts/app";
import { spokenSeconds } from "./offers";

const RADIUS = 34;
const ROUND = 2 * Math.PI * RADIUS;

/** The time left to answer, as a ring and in figures; screen readers hear it at round times only. */
export function Clock({ left, kind }: { left: Remaining; kind: "lead" | "ticket" }) {
  const spoken = spokenSeconds(left.seconds);
  const text = `${Math.floor(spoken / 60)}:${String(spoken % 60).padStart(2, "0")}`;
  return (
    <div class={`ring ${kind}`} data-short={left.seconds < 60}>
      <svg viewBox="0 0 76 76" aria-hidden="true">
        <circle class="bg" cx="38" cy="38" r={RADIUS} />
        <circle class="fg" cx="38" cy="38" r={RADIUS} stroke-dasharray={`${left.share * ROUND} ${ROUND}`} />
      </svg>
      <b aria-hidden="true">{left.text}</b>
      <span class="sr" role="timer" aria-live="polite">
        {texts.value.offer.left(text)}
      </span>
    </div>
  );
}
