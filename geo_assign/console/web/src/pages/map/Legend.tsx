import { useSignal } from "@preact/signals";
import { usePage } from "../../frame/context";
import { setQuery } from "../../frame/router";
import { GROUP, SKILL } from "../../frame/selection";
import type { LegendKey } from "../../model/fleet";
import type { FleetView } from "../../state/fleetView";
import { person, pin, type Shape } from "../../symbols/drawings";
import { Icon } from "../../symbols/Icon";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/console";

interface Entry {
  key: LegendKey;
  shapes: Shape[];
}

const PEOPLE: Entry[] = [
  { key: "free", shapes: person("free", "round") },
  { key: "offered", shapes: person("offered", "round") },
  { key: "busy", shapes: person("busy", "round") },
  { key: "silent", shapes: person("silent", "round") },
];
const OF_THEM: Entry[] = [{ key: "provider", shapes: person("free", "diamond") }];
const WORK: Entry[] = [
  { key: "lead", shapes: pin("lead", false, "dot") },
  { key: "ticket", shapes: pin("ticket", false, "dot") },
];

/** The legend is the filter: each entry shows its symbol, counts it in the whole scope, and hides it when pressed. */
export function Legend() {
  const { view, desk } = usePage();
  const words = texts.value.map;
  const open = useSignal(false);
  const folded = view.phone.value || (view.tight.value && desk.selectedId.value !== null);
  return (
    <div class="legend-holder">
      {folded && (
        <button
          type="button"
          class="chip legend-toggle"
          aria-expanded={open.value}
          onClick={() => (open.value = !open.value)}
        >
          <Icon name="layers" />
          {words.legend}
        </button>
      )}
      {(!folded || open.value) && (
        <div class="card legend" role="group" aria-label={words.filters}>
          <Row name={words.people} entries={PEOPLE}>
            <span class="of-them" />
            <Entries entries={OF_THEM} />
          </Row>
          <Row name={words.work} entries={WORK}>
            <span class="note">{words.hollow}</span>
          </Row>
          <Narrow />
          {desk.loaded.value && <p>{seenText(desk.fleetView)}</p>}
          {hasRings(desk.fleetView) && <p>{words.crowd}</p>}
        </div>
      )}
    </div>
  );
}

/** Only a group, only a skill: with how many technicians on the map each has. */
function Narrow() {
  const { desk } = usePage();
  const words = texts.value.map;
  const { groups, skills } = desk.fleetView.choices.value;
  const names = new Map(desk.me.groups.map(({ id, name }) => [id, name]));
  const known = groups.filter(({ id }) => names.has(id));
  const chosen = desk.groupId.value || desk.skill.value;
  // The past is told whole.
  if ((known.length + skills.length === 0 && !chosen) || desk.past.at.value !== null) return null;
  return (
    <div class="row narrow">
      <b>{words.only}</b>
      <Choice
        name={words.group}
        all={words.allGroups}
        value={desk.groupId.value}
        options={known.map(({ id, technicians }) => [id, `${names.get(id)} (${technicians})`])}
        onChoose={(id) => setQuery({ [GROUP]: id })}
      />
      <Choice
        name={words.skill}
        all={words.allSkills}
        value={desk.skill.value}
        options={skills.map(({ name, technicians }) => [name, `${name.replaceAll("_", " ")} (${technicians})`])}
        onChoose={(name) => setQuery({ [SKILL]: name })}
      />
      {chosen && (
        <button type="button" onClick={() => setQuery({ [GROUP]: null, [SKILL]: null })}>
          <Icon name="close" />
          {words.showAll}
        </button>
      )}
    </div>
  );
}

interface ChoiceProps {
  name: string;
  all: string;
  value: string;
  options: [value: string, text: string][];
  onChoose: (value: string | null) => void;
}

function Choice({ name, all, value, options, onChoose }: ChoiceProps) {
  if (options.length === 0 && !value) return null;
  // What the address names stays chosen, though no technician on the map has it now.
  const shown = value && !options.some(([each]) => each === value) ? [...options, [value, value] as const] : options;
  return (
    <select
      class="btn"
      aria-label={name}
      value={value}
      data-chosen={value !== "" || undefined}
      onChange={(event) => onChoose(event.currentTarget.value || null)}
    >
      <option value="">{all}</option>
      {shown.map(([each, text]) => (
        <option key={each} value={each}>
          {text}
        </option>
      ))}
    </select>
  );
}

/** Tiles show technicians one by one from near. */
const hasRings = ({ clusters, tiled, afar }: FleetView) => clusters.value.length > 0 && (afar.value || !tiled.value);

function seenText({ counts, inView, offDuty }: FleetView): string {
  const words = texts.value.map;
  const { free, offered, busy, silent } = counts.value;
  const all = free + offered + busy + silent;
  const seen = inView.value === null ? [] : [words.inView(inView.value, all)];
  return [...seen, words.offDuty(offDuty.value)].join(" · ");
}

interface RowProps {
  name: string;
  entries: Entry[];
  children: preact.ComponentChildren;
}

function Row({ name, entries, children }: RowProps) {
  return (
    <div class="row">
      <b>{name}</b>
      <Entries entries={entries} />
      {children}
    </div>
  );
}

function Entries({ entries }: { entries: Entry[] }) {
  const { desk, view } = usePage();
  const words = texts.value.map;
  return (
    <>
      {entries.map(({ key, shapes }) => (
        <button type="button" key={key} aria-pressed={!view.hidden.value.has(key)} onClick={() => view.toggle(key)}>
          <Symbol shapes={shapes} />
          {key === "provider" ? words.ofProviders : words[key]}{" "}
          <b>{desk.loaded.value && desk.fleetView.counts.value[key]}</b>
        </button>
      ))}
    </>
  );
}
