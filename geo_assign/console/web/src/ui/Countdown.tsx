import "./countdown.css";
import type { WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { remaining } from "../model/clock";

const LATE_S = 60;
const ROUND = 2 * Math.PI * 6;

/** What is left of an offer, as a ring and as minutes; counted on the server's clock. */
export function Countdown({ order }: { order: WorkOrder }) {
  const { desk } = usePage();
  if (!order.offer) return null;
  const left = remaining(order.offer, desk.now.value);
  return (
    <span class={left.seconds < LATE_S ? "tat late" : "tat"} role="timer" aria-live="off">
      <svg class="ring" viewBox="0 0 16 16" aria-hidden="true">
        <circle class="bg" cx="8" cy="8" r="6" />
        <circle
          class="fg"
          cx="8"
          cy="8"
          r="6"
          stroke-dasharray={`${(left.share * ROUND).toFixed(1)} ${ROUND.toFixed(1)}`}
        />
      </svg>
      {left.text}
    </span>
  );
}
