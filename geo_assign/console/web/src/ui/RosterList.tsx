/** Technicians as a list to choose from: who is online, where and how old, what they have to do, and why they cannot. */
import "./roster.css";
import { useSignal } from "@preact/signals";
import { useEffect, useId } from "preact/hooks";
import type { RosterLine } from "../api/types";
import { usePage } from "../frame/context";
import { ageSeconds } from "../model/clock";
import { reasonText } from "../model/nearest";
import { distance, duration } from "../model/words";
import { moment } from "../model/zone";
import { person } from "../symbols/drawings";
import { Symbol } from "../symbols/Symbol";
import { texts } from "../texts/console";
import { onlineOf, type RosterOrder, shownLines } from "./rosterModel";
import { loadRoster, type Roster, type RosterOf } from "./rosterState";

interface Props {
  of: RosterOf;
  /** The technician who leads; null while none is chosen. `undefined`: the list chooses no lead. */
  lead?: string | null;
  /** Who comes along; `undefined`: none can be ticked. */
  along?: ReadonlySet<string>;
  /** A technician who is not in the list, such as the one who has the work. */
  without?: string | undefined;
  onLead?: (line: RosterLine) => void;
  onAlong?: (line: RosterLine, ticked: boolean) => void;
}

/** The list reads itself once when it opens; its order stays while it is open. */
export function RosterList({ of, lead, along, without, onLead, onAlong }: Props) {
  const { client } = usePage();
  const roster = useSignal<Roster | null | undefined>(undefined);
  const typed = useSignal("");
  const order = useSignal<RosterOrder>(of.orderId ? "distance" : "name");
  const onlyAble = useSignal(false);
  const words = texts.value.roster;
  const filterId = useId();
  const load = async () => {
    roster.value = undefined;
    roster.value = await loadRoster(client, of);
  };
  useEffect(() => void load(), [of.orderId, of.storeId, of.groupId]);
  const read = roster.value;
  // Without a place there is no nearest.
  const sorted = read && !read.hasLocation && order.value === "distance" ? "name" : order.value;
  if (read === undefined)
    return (
      <p class="muted" role="status">
        {words.loading}
      </p>
    );
  if (read === null) {
    return (
      <p role="alert">
        {words.failed}{" "}
        <button type="button" class="btn" onClick={() => void load()}>
          {words.again}
        </button>
      </p>
    );
  }
  const lines = shownLines(read.items, { typed: typed.value, order: sorted, onlyAble: onlyAble.value }).filter(
    ({ id }) => id !== without,
  );
  const sorts = Object.entries(words.sorts).filter(([key]) => key !== "distance" || read.hasLocation) as [
    RosterOrder,
    string,
  ][];
  return (
    <div class="roster">
      <div class="roster-head">
        <label for={filterId} class="sr">
          {words.filter}
        </label>
        <input
          id={filterId}
          type="search"
          placeholder={words.filter}
          autocomplete="off"
          value={typed.value}
          onInput={(event) => {
            typed.value = event.currentTarget.value;
          }}
        />
        <select
          class="btn"
          aria-label={words.sort}
          value={sorted}
          onChange={(event) => {
            order.value = event.currentTarget.value as RosterOrder;
          }}
        >
          {sorts.map(([key, name]) => (
            <option key={key} value={key}>
              {name}
            </option>
          ))}
        </select>
        {of.orderId && (
          <label class="tick">
            <input
              type="checkbox"
              checked={onlyAble.value}
              onChange={(event) => {
                onlyAble.value = event.currentTarget.checked;
              }}
            />
            {words.canGo}
          </label>
        )}
      </div>
      {of.orderId && !read.hasLocation && <p class="muted">{words.withoutPlace}</p>}
      {lines.length === 0 && (
        <p class="muted" role="status">
          {words.none}
        </p>
      )}
      <ul aria-label={words.title}>
        {lines.map((line) => (
          <Line key={line.id} line={line} lead={lead} along={along} onLead={onLead} onAlong={onAlong} />
        ))}
      </ul>
    </div>
  );
}

type LineProps = Omit<Props, "of" | "without"> & { line: RosterLine };

function Line({ line, lead, along, onLead, onAlong }: LineProps) {
  const words = texts.value.roster;
  const chosen = lead === line.id;
  const what = (
    <>
      <Symbol
        shapes={person(
          line.presence.on_duty ? (line.presence.reachable ? "free" : "silent") : "silent",
          line.provider ? "diamond" : "round",
        )}
      />
      <span class="person">
        <b>{line.name}</b>
        {line.provider && <span class="chip">{words.provider(line.provider.name)}</span>}
      </span>
      <span class="far">{line.distance_m === null ? "" : distance(line.distance_m)}</span>
      <span class="sub">{[onlineText(line), positionText(line)].filter(Boolean).join(" · ")}</span>
      <span class="work">{workText(line)}</span>
      {line.eligible !== null && (
        <span class={line.eligible ? "able" : "unable"}>{line.eligible ? words.can : reasonsText(line)}</span>
      )}
    </>
  );
  return (
    <li class={chosen ? "chosen" : ""}>
      {onLead ? (
        <button type="button" class="line" aria-pressed={chosen} onClick={() => onLead(line)}>
          {what}
        </button>
      ) : (
        <div class="line">{what}</div>
      )}
      {along && onAlong && (
        <label class="tick">
          <input
            type="checkbox"
            checked={along.has(line.id)}
            disabled={chosen}
            aria-label={words.along(line.name)}
            onChange={(event) => onAlong(line, event.currentTarget.checked)}
          />
          {words.with}
        </label>
      )}
    </li>
  );
}

function onlineText(line: RosterLine): string {
  const words = texts.value.roster;
  const { desk } = usePage();
  const online = onlineOf(line);
  if (online === "on") return words.states.on;
  const zone = desk.zoneOf(line);
  const seen = line.last_seen_at
    ? words.lastSeen(moment(Date.parse(line.last_seen_at), desk.now.value, zone))
    : words.neverSeen;
  return `${words.states[online]}, ${seen}`;
}

/** How the place is known, and its age. Off duty there is no place. */
function positionText({ position, presence }: RosterLine): string {
  const words = texts.value.roster;
  const { desk } = usePage();
  if (!position) return presence.on_duty ? words.noPosition : "";
  if (position.provenance !== "live") return words.provenance[position.provenance] ?? "";
  const age = ageSeconds(position.recorded_at, desk.now.value);
  if (age === null) return words.noPosition;
  return presence.fresh ? words.live(duration(age)) : words.old(duration(age));
}

function workText({ workload }: RosterLine): string {
  const words = texts.value.roster;
  const offers = workload.open_offers > 0 ? words.offers(workload.open_offers) : "";
  return [words.workload(workload.today, workload.overdue), offers].filter(Boolean).join(" · ");
}

function reasonsText({ reasons }: RosterLine): string {
  return (reasons ?? []).map(reasonText).join(" · ");
}
