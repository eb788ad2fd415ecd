import { texts } from "../../texts/console";
import { Field } from "./Field";
import type { Assignment } from "./model";
import type { NewOrder } from "./state";

/** Who goes, where the lead came from, and what is rarely needed. */
export function WhoFields({ order }: { order: NewOrder }) {
  const words = texts.value.create;
  const { assignment, slotTechnician } = order.draft.value;
  const names: Record<Assignment, string> = {
    auto: words.auto,
    suggested: words.suggested,
    location: words.byLocation,
  };
  const hints: Record<Assignment, string> = {
    auto: words.autoHint,
    suggested: slotTechnician ? words.suggestedHint(slotTechnician.name) : words.suggestedNone,
    location: words.byLocationHint,
  };
  return (
    <section aria-label={words.who}>
      <div class="two who">
        <fieldset class="field">
          <legend>{words.who}</legend>
          <div class="segments">
            {(Object.keys(names) as Assignment[]).map((each) => (
              <label key={each}>
                <input
                  type="radio"
                  name="assignment"
                  checked={assignment === each}
                  onChange={() => order.change({ assignment: each })}
                />
                {names[each]}
              </label>
            ))}
          </div>
        </fieldset>
        <Field order={order} name="referralSource" label={words.referral} />
      </div>
      <p class="hint">{hints[assignment]}</p>
      <Field order={order} name="notes" label={words.notes} rows={2} />
      <details class="further">
        <summary>{words.more}</summary>
        <div class="two">
          <Field order={order} name="email" type="email" label={words.email} />
          <Field order={order} name="priority" type="number" label={words.priority} hint={words.priorityHint} />
        </div>
      </details>
    </section>
  );
}
