import { useState } from "preact/hooks";
import { texts } from "../../texts/app";
import { useApp } from "../context";
import { go } from "../route";
import type { Job } from "../today/day";
import type { Step } from "../updates/update";
import { nextStep, otherSteps } from "./steps";

/** Say a step of the work; the last one is said on a page of its own, with what belongs to it. */
export function useSteps(job: Job): { busy: boolean; say: (step: Step) => void } {
  const { day } = useApp();
  const [busy, setBusy] = useState(false);
  const say = (step: Step) => {
    if (step === "completed") {
      go({ page: "finish", id: job.order.id });
      return;
    }
    setBusy(true);
    void day.step(job.order, step).finally(() => setBusy(false));
  };
  return { busy, say };
}

/** The usual next step. It works without a network: what was said is kept and sent later. */
export function StepButton({ job }: { job: Job }) {
  const { steps, work } = texts.value;
  const { busy, say } = useSteps(job);
  const step = nextStep(job.state);
  if (step === null) return null;
  if (!job.leads) return <p class="hint">{work.onlyLead}</p>;
  return (
    <button type="button" class="btn pri go" disabled={busy} onClick={() => say(step)}>
      {steps[step]}
    </button>
  );
}

/** Steps that leave others out. */
export function OtherSteps({ job }: { job: Job }) {
  const { steps, work } = texts.value;
  const { busy, say } = useSteps(job);
  const others = job.leads ? otherSteps(job.state) : [];
  if (others.length === 0) return null;
  return (
    <section class="box" aria-labelledby="other-steps">
      <h2 id="other-steps">{work.otherSteps}</h2>
      <div class="stack">
        {others.map((step) => (
          <button key={step} type="button" class="btn" disabled={busy} onClick={() => say(step)}>
            {steps[step]}
          </button>
        ))}
      </div>
    </section>
  );
}
