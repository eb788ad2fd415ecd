import type { Ladder, OrderDetail } from "../../api/types";
import { PLANNED, person } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { Countdown } from "../../ui/Countdown";
import { useWhen, words } from "./context";
import { type LadderStep, ladderSteps } from "./model";

/** The rungs that are shown beside each other; the rest is said in a line. */
const MOST = 6;

/** Who was asked, who is, who would be, and what happens then: a forecast, computed anew at every event. */
export function LadderAhead({ ladder, order }: { ladder: Ladder; order: OrderDetail }) {
  const when = useWhen(order);
  const all = ladderSteps(ladder, order.slot.start, words(), when);
  const from = Math.max(
    0,
    Math.min(all.length - MOST, all.findIndex((step) => step.kind === "current" || step.kind === "planned") - 2),
  );
  const steps = all.length > MOST ? [...all.slice(from, from + MOST - 1), ...all.slice(-1)] : all;
  return (
    <>
      <ol class="ladder" aria-label={words().ladder.name}>
        {steps.map((step) => (
          <Step key={step.key} step={step} order={order} />
        ))}
      </ol>
      {(ladder.truncated || all.length > steps.length) && <p class="muted more">{words().ladder.more}</p>}
    </>
  );
}

function Step({ step, order }: { step: LadderStep; order: OrderDetail }) {
  const line = (element: HTMLElement | null) =>
    element?.style.setProperty("--passed", `${Math.round(step.passed * 100)}%`);
  return (
    <li ref={line} class={step.alarm ? `${step.kind} alarm` : step.kind}>
      <span class="dot">
        <Sign step={step} />
      </span>
      <b>{step.name}</b>
      <span class="w">{step.when}</span>
      <small>{step.kind === "current" ? <Countdown order={order} /> : step.detail}</small>
    </li>
  );
}

function Sign({ step }: { step: LadderStep }) {
  if (step.kind === "end") return <Icon name={step.alarm ? "bell" : "no"} />;
  if (step.kind === "planned") return <Symbol shapes={PLANNED} />;
  if (step.kind === "current") return <Symbol shapes={person("offered", "round")} />;
  return step.kind === "yes" ? (
    <Symbol shapes={person("free", "round")} />
  ) : (
    <Symbol shapes={person("busy", "round")} />
  );
}
