/** What the service refused, beside the fields that it means. */
import type { ProblemBody } from "../../../api/types";

/** A sentence for each field that was refused. */
export type FieldProblems = Readonly<Record<string, string>>;

/**
 * The errors of a problem by the field that their pointer begins with. `rest`: it says something that no field shows. A pointer into
 * `/settings` of a larger body means the member behind it.
 */
export function byField(body: ProblemBody, names: readonly string[]): { problems: FieldProblems; rest: boolean } {
  const problems: Record<string, string> = {};
  let rest = !body.errors?.length;
  for (const error of body.errors ?? []) {
    const name = fieldOf(error.pointer, names);
    if (name === null) rest = true;
    else problems[name] ??= error.detail;
  }
  return { problems, rest };
}

function fieldOf(pointer: string, names: readonly string[]): string | null {
  const [first = "", second = ""] = pointer.split("/").slice(1).map(unescaped);
  if (first === "settings" && names.includes(second)) return second;
  return names.includes(first) ? first : null;
}

const unescaped = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");
