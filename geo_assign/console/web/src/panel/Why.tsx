import { type Signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Exclusion, Nearest, WorkOrder } from "../api/types";
import { usePage } from "../frame/context";
import { type Exclusions, groupExclusions } from "../model/exclusions";
import { excludedSummary, exclusionText } from "../model/nearest";
import { distance } from "../model/words";
import { Icon } from "../symbols/Icon";
import { texts } from "../texts/console";
import { matchingNames } from "../ui/rosterModel";

/** Who cannot go, and why: one line closed; open, the reasons, and under each the people. */
export function Why({ nearest, order }: { nearest: Nearest; order: WorkOrder }) {
  const { desk, view } = usePage();
  const typed = useSignal("");
  const all = useRef<HTMLDivElement>(null);
  const { whyOpen } = desk.question;
  const words = texts.value.panel;
  const { groups, outside, count } = groupExclusions(nearest, desk.zoneOf(order));
  const none = nearest.candidates.length === 0;
  const open = whyOpen.value || none;
  const told = nearest.excluded.length;
  const asked = whyOpen.value && !none;
  useLayoutEffect(() => {
    // Below the candidates what is asked for would not be in sight.
    if (asked) all.current?.scrollIntoView({ block: "start" });
  }, [asked]);
  if (count === 0) return null;
  return (
    <div class="excl" data-open={open} ref={all}>
      <div class="line">
        <Icon name="eye" />
        <span class="text">
          <b>{told < count ? words.cannotOf(told, count) : words.cannot(count)}</b>{" "}
          {open ? "" : excludedSummary(nearest).hint}
        </span>
        {!none && (
          <button type="button" aria-expanded={open} aria-controls="why" onClick={() => (whyOpen.value = !open)}>
            <span>{open ? words.close : words.why}</span> {view.letterKeys.value && <kbd aria-hidden="true">W</kbd>}
          </button>
        )}
      </div>
      {open && (
        <div id="why">
          {!none && <WhyField typed={typed} />}
          {typed.value.trim() && <Named typed={typed.value} nearest={nearest} order={order} />}
          {!typed.value.trim() && <ByReason groups={groups} outside={outside} order={order} />}
        </div>
      )}
    </div>
  );
}

/** A name, or the beginning of one; the focus is here when the reasons open, so that letters go on to it. */
function WhyField({ typed }: { typed: Signal<string> }) {
  const { desk, view } = usePage();
  const field = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (!view.phone.peek()) field.current?.focus({ preventScroll: true });
  }, []);
  const label = texts.value.panel.whyNot;
  return (
    <input
      ref={field}
      class="why-field"
      type="search"
      aria-label={label}
      placeholder={label}
      autocomplete="off"
      value={typed.value}
      onInput={(event) => (typed.value = event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        desk.question.whyOpen.value = false;
      }}
    />
  );
}

/** Of everyone who was looked at, those with that name: why not, or in which place. */
function Named({ typed, nearest, order }: { typed: string; nearest: Nearest; order: WorkOrder }) {
  const words = texts.value.panel;
  const going = matchingNames(nearest.candidates, typed);
  const people = matchingNames(nearest.excluded, typed);
  if (going.length + people.length === 0)
    return (
      <p class="muted" role="status">
        {words.whyNone(typed.trim())}
      </p>
    );
  return (
    <ul aria-live="polite">
      {going.map(({ technician_id, name, rank }) => (
        <li class="going" key={technician_id}>
          <b>{name}</b> {words.canGo(rank)}
        </li>
      ))}
      {people.map((excluded) => (
        <Excluded key={excluded.technician_id} excluded={excluded} order={order} />
      ))}
    </ul>
  );
}

type ByReasonProps = Pick<Exclusions, "groups" | "outside"> & { order: WorkOrder };

function ByReason({ groups, outside, order }: ByReasonProps) {
  const words = texts.value.panel;
  return (
    <>
      {groups.map(({ key, text, people }) => (
        <Reasons key={key} text={text} people={people} order={order} open={people.length <= 3} />
      ))}
      {outside.length > 0 && <Reasons text={words.outside(outside.length)} people={outside} order={order} />}
    </>
  );
}

interface Group {
  text: string;
  people: Exclusion[];
  order: WorkOrder;
  open?: boolean;
}

function Reasons({ text, people, order, open = false }: Group) {
  return (
    <details class="reason-group" open={open}>
      <summary>{text}</summary>
      <ul>
        {people.map((excluded) => (
          <Excluded key={excluded.technician_id} excluded={excluded} order={order} />
        ))}
      </ul>
    </details>
  );
}

/** A press shows the person on the map, and offers to assign all the same. */
function Excluded({ excluded, order }: { excluded: Exclusion; order: WorkOrder }) {
  const { desk } = usePage();
  const { technician_id: id } = excluded;
  const chosen = desk.question.chosenAnyway.value?.technician_id === id;
  const choose = () => {
    desk.question.choose(id);
    if (desk.fleet.technicians.has(id)) desk.viewWish.value = { technicianId: id };
  };
  return (
    <li>
      <button type="button" class="excluded" aria-pressed={chosen} onClick={choose}>
        <b>{excluded.name}</b>
        {excluded.distance_m !== null && <span class="far">{distance(excluded.distance_m)}</span>}
        <span class="reasons">{exclusionText(excluded, desk.now.value, desk.zoneOf(order))}</span>
      </button>
    </li>
  );
}
