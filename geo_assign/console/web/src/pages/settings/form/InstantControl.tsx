import { useSettings } from "../state";
import type { ControlProps } from "./controls";
import type { PlainField } from "./fields";
import { instantOf, wallTime } from "./zoned";

/** A moment, by the clock of the store. */
export function InstantControl({ field, form, label, described }: ControlProps<PlainField>) {
  const settings = useSettings();
  const zone = settings.zoneOf(form.draft.value.store_id as string | undefined);
  const value = form.draft.value[field.name];
  const enter = (wall: string) => {
    if (wall === "") form.set(field.name, null);
    else {
      const instant = instantOf(wall, zone);
      if (instant !== null) form.set(field.name, instant);
    }
  };
  return (
    <span class="stack">
      <input
        type="datetime-local"
        class="in"
        aria-labelledby={label}
        aria-describedby={described}
        aria-invalid={field.name in form.problems.value}
        value={typeof value === "string" ? wallTime(value, zone) : ""}
        onChange={(event) => enter(event.currentTarget.value)}
      />
      <small class="mut">{zone}</small>
    </span>
  );
}
