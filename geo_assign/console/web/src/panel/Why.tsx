import type { Exclusion, Nearest, WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { excludedSummary, exclusionText } from "../model/nearest";
import { distance } from "../model/words";
import { Icon } from "../symbols/Icon";

/** Who cannot go, and why: one line closed, every person with every reason open. */
export function Why({ nearest, order }: { nearest: Nearest; order: WorkOrder }) {
  const { desk, view } = usePage();
  const { whyOpen } = desk.question;
  const { count, hint } = excludedSummary(nearest);
  if (count === 0) return null;
  const open = whyOpen.value || nearest.candidates.length === 0;
  return (
    <div class="excl" data-open={open}>
      <div class="line">
        <Icon name="eye" />
        <span class="text">
          <b>{`${count} cannot.`}</b> {hint}
        </span>
        {nearest.candidates.length > 0 && (
          <button type="button" aria-expanded={open} aria-controls="why" onClick={() => (whyOpen.value = !open)}>
            <span>{open ? "Close" : "Why"}</span> {view.letterKeys.value && <kbd aria-hidden="true">W</kbd>}
          </button>
        )}
      </div>
      {open && (
        <ul id="why">
          {nearest.excluded.map((excluded) => (
            <Excluded key={excluded.technician_id} excluded={excluded} order={order} />
          ))}
          {nearest.truncated && <li class="muted">These are the nearest; there are more.</li>}
        </ul>
      )}
    </div>
  );
}

function Excluded({ excluded, order }: { excluded: Exclusion; order: WorkOrder }) {
  const { desk } = usePage();
  return (
    <li>
      <b>{excluded.name}</b>
      {excluded.distance_m !== null && <span class="far">{distance(excluded.distance_m)}</span>}
      <span class="reasons">{exclusionText(excluded, desk.now.value, desk.zoneOf(order))}</span>
    </li>
  );
}
