import { useSignal } from "@preact/signals";
import { usePage } from "../../frame/context";
import type { LegendKey } from "../../model/fleet";
import { person, pin, type Shape } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";

interface Entry {
  key: LegendKey;
  name: string;
  shapes: Shape[];
}

const PEOPLE: Entry[] = [
  { key: "free", name: "Free", shapes: person("free", "round") },
  { key: "offered", name: "Offered", shapes: person("offered", "round") },
  { key: "busy", name: "Busy", shapes: person("busy", "round") },
  { key: "silent", name: "Silent", shapes: person("silent", "round") },
  { key: "provider", name: "Provider", shapes: person("free", "diamond") },
];

const WORK: Entry[] = [
  { key: "lead", name: "Lead", shapes: pin("lead", false, "dot") },
  { key: "ticket", name: "Ticket", shapes: pin("ticket", false, "dot") },
];

/** The legend is the filter: each entry shows its symbol, counts it, and hides it when pressed. */
export function Legend() {
  const { view, desk } = usePage();
  const open = useSignal(false);
  const phone = view.phone.value;
  return (
    <div class="legend-holder">
      {phone && (
        <button
          type="button"
          class="chip legend-toggle"
          aria-expanded={open.value}
          onClick={() => (open.value = !open.value)}
        >
          <Icon name="layers" />
          Legend
        </button>
      )}
      {(!phone || open.value) && (
        <div class="card legend" role="group" aria-label="Legend and filters">
          <Row name="People" entries={PEOPLE} />
          <Row name="Work" entries={WORK} note="hollow = waiting" />
          {desk.truncated.value && <p>Not all technicians are shown: zoom in to see all in view.</p>}
        </div>
      )}
    </div>
  );
}

function Row({ name, entries, note }: { name: string; entries: Entry[]; note?: string }) {
  const { desk, view } = usePage();
  const counts = desk.counts.value;
  return (
    <div class="row">
      <b>{name}</b>
      {entries.map(({ key, name: label, shapes }) => (
        <button type="button" key={key} aria-pressed={!view.hidden.value.has(key)} onClick={() => view.toggle(key)}>
          <Symbol shapes={shapes} />
          {label} <b>{counts[key]}</b>
        </button>
      ))}
      {note && <span class="note">{note}</span>}
    </div>
  );
}
