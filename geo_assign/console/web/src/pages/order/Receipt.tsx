import { useSignal } from "@preact/signals";
import type { Decision, OrderDetail } from "../../api/types";
import { reasonText } from "../../model/nearest";
import { distance, travelTime } from "../../model/words";
import { Box } from "./Box";
import { useOrderState, useWhen, words } from "./context";
import { atMoment } from "./model";
import { receiptOf } from "./receipt";
import { WhyNot } from "./WhyNot";

/** Why this technician: three sentences, all technicians on demand, and a question about any one. */
export function Receipt({ order }: { order: OrderDetail }) {
  const decision = useOrderState().decision.value;
  const all = useSignal(false);
  const when = useWhen(order);
  const { receipt } = words();
  const told = decision && receiptOf(decision, words());
  const people = decision ? decision.candidates.length + decision.excluded.length : 0;
  return (
    <Box
      class="rec"
      title={told ? told.title : receipt.whyNone}
      hint={decision ? decidedText(decision, atMoment(decision.at, when)) : undefined}
      aside={
        people > 0 && (
          <button
            type="button"
            class="lnk"
            aria-expanded={all.value}
            onClick={() => {
              all.value = !all.value;
            }}
          >
            {all.value ? receipt.closeAll : receipt.all(people)}
          </button>
        )
      }
    >
      {told ? (
        <ul class="says">
          {told.sentences.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      ) : (
        <p class="muted">{receipt.none}</p>
      )}
      {decision && all.value && <Everyone decision={decision} />}
      <WhyNot order={order} decision={decision} />
    </Box>
  );
}

function decidedText(decision: Decision, at: string): string {
  const { receipt } = words();
  const who = decision.mode === "manual" ? ` · ${receipt.byHand(decision.actor.name)}` : "";
  return receipt.decided(at) + who;
}

function Everyone({ decision }: { decision: Decision }) {
  const { receipt } = words();
  return (
    <div class="everyone">
      <h3>{receipt.candidates}</h3>
      <ol>
        {decision.candidates.map((each) => (
          <li key={each.technician_id}>
            <b>{each.rank}</b> <span>{each.name}</span>
            <small>{`${travelTime(each.eta_s)}, ${distance(each.drive?.metres ?? each.distance_m)}`}</small>
          </li>
        ))}
      </ol>
      {decision.excluded.length > 0 && <h3>{receipt.excluded}</h3>}
      <ul>
        {decision.excluded.map((each) => (
          <li key={each.technician_id}>
            <span>{each.name}</span>
            <small>{each.reasons.map(reasonText).join(" · ")}</small>
          </li>
        ))}
      </ul>
    </div>
  );
}
