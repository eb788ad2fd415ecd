import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiProblem } from "../../api/client";
import type { LatLon, RosterLine, TechnicianStatus } from "../../api/types";
import { usePage } from "../../frame/context";
import { ageSeconds } from "../../model/clock";
import { bySeen } from "../../model/fleet";
import { duration } from "../../model/words";
import { person } from "../../symbols/drawings";
import { Symbol } from "../../symbols/Symbol";
import { texts } from "../../texts/console";

const AT_FIRST = 100;

/** Who is on duty, those heard from last first: the map in words. */
export function People() {
  const { desk } = usePage();
  return desk.fleetView.tiled.value ? <Everyone /> : <Held />;
}

/** Those whom the map holds. */
function Held() {
  const { desk } = usePage();
  const words = texts.value.map;
  const most = useSignal(AT_FIRST);
  // Once a second is often enough to be read; the past stands still.
  desk.now.value;
  if (desk.past.at.value !== null) desk.moves.value;
  const people = bySeen(desk.fleet.technicians.values());
  return (
    <div class="scroll">
      <p class="hint">{words.lastSeenFirst}</p>
      {people.length === 0 && desk.loaded.value && <p class="empty">{words.noneOnDuty}</p>}
      {!desk.loaded.value && desk.problem.value === null && (
        <p class="empty" role="status">
          {texts.value.roster.loading}
        </p>
      )}
      <ul>
        {people.slice(0, most.value).map(({ id, properties }) => (
          <Row key={id} {...properties} sign={properties.status} says={words.statusOf[properties.status]} />
        ))}
      </ul>
      {people.length > most.value && <More onMore={() => (most.value += AT_FIRST)} />}
    </div>
  );
}

/** Where the map holds a few of many: page by page as the service lists them. */
function Everyone() {
  const { client } = usePage();
  const words = texts.value.map;
  const lines = useSignal<RosterLine[]>([]);
  const next = useSignal<string | null | undefined>(undefined);
  const failed = useSignal(false);
  const load = async (cursor?: string) => {
    const query = { sort: "seen" as const, limit: AT_FIRST, cursor };
    try {
      failed.value = false;
      const page = await client.answered(client.api.GET("/v1/technicians/roster", { params: { query } }));
      lines.value = [...lines.peek(), ...page.items.filter(({ presence }) => presence.on_duty)];
      next.value = page.next_cursor;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      failed.value = true;
    }
  };
  useEffect(() => void load(), []);
  return (
    <div class="scroll">
      <p class="hint">{words.lastSeenFirst}</p>
      {next.value === undefined && !failed.value && (
        <p class="empty" role="status">
          {texts.value.roster.loading}
        </p>
      )}
      <ul>
        {lines.value.map((line) => (
          <Row
            key={line.id}
            id={line.id}
            name={line.name}
            provider={line.provider !== null}
            recorded_at={line.position?.recorded_at ?? line.last_seen_at}
            {...standingOf(line)}
            at={line.position ?? undefined}
          />
        ))}
      </ul>
      {failed.value && (
        <p class="empty" role="alert">
          {texts.value.roster.failed}{" "}
          <button type="button" class="btn" onClick={() => void load(next.peek() ?? undefined)}>
            {texts.value.roster.again}
          </button>
        </p>
      )}
      {next.value && !failed.value && <More onMore={() => void load(next.peek() ?? undefined)} />}
    </div>
  );
}

function standingOf({ presence, workload }: RosterLine): { sign: TechnicianStatus; says: string } {
  const { map, roster } = texts.value;
  if (!presence.reachable) return { sign: "silent", says: map.statusOf.silent };
  return {
    sign: workload.open_offers > 0 ? "offered" : "free",
    says: roster.workload(workload.today, workload.overdue),
  };
}

interface RowProps {
  id: string;
  name: string;
  provider: boolean;
  recorded_at: string | null;
  sign: TechnicianStatus;
  says: string;
  /** Where, for one whom the map does not hold. */
  at?: LatLon | undefined;
}

function Row({ id, name, provider, recorded_at, sign, says, at }: RowProps) {
  const { desk } = usePage();
  const words = texts.value.map;
  const age = ageSeconds(recorded_at, desk.now.value);
  return (
    <li class="row">
      <button
        type="button"
        class="wo"
        aria-current={desk.technicianId.value === id ? "true" : undefined}
        onClick={() => desk.show(id, at && { lat: at.lat, lon: at.lon })}
      >
        <Symbol shapes={person(sign, provider ? "diamond" : "round")} />
        <span class="ln">
          <span class="t">{name}</span>
          <span class="waited">{age === null ? words.ageUnknown : words.ago(duration(age))}</span>
        </span>
        <span class="ln">
          <span class="d">{[says, provider && words.provider].filter(Boolean).join(" · ")}</span>
        </span>
      </button>
    </li>
  );
}

function More({ onMore }: { onMore: () => void }) {
  return (
    <button type="button" class="btn more" onClick={onMore}>
      {texts.value.map.more}
    </button>
  );
}
