import type { ApiProblem } from "../../api/client";
import { Icon } from "../../symbols/Icon";

/** What the service said to an act: its errors where it names some, else the sentence for all of it. */
export function Refusal({ problem }: { problem: ApiProblem | null }) {
  if (!problem) return null;
  const errors = problem.body.errors ?? [];
  return (
    <p class="bad line" role="alert">
      <Icon name="warn" />
      {errors.length > 0 ? errors.map((error) => error.detail).join(" ") : problem.message}
    </p>
  );
}
