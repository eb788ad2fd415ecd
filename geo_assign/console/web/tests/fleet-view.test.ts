import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Client, MapNarrowing } from "../src/api/client";
import type { MapCluster, MapSnapshot, TechnicianFeature } from "../src/api/types";
import { cellOf, ringExpressions, ringNamed } from "../src/map/rings";
import type { FleetChange, LegendKey, MapFeature } from "../src/model/fleet";
import { Fleet } from "../src/model/fleet";
import { type Box, boxAround, isWithin, onEarth } from "../src/model/geometry";
import { Moves, SLICE } from "../src/model/moves";
import { pinOf } from "../src/model/orders";
import { FleetView } from "../src/state/fleetView";
import { Narrowing } from "../src/state/narrowing";
import { Past } from "../src/state/past";
import { at, order, technician } from "./made";

const VIEW: Box = [-8.7, 41.1, -8.5, 41.2];
const NEAR = 13;
const AFAR = 10;

const CLUSTER: MapCluster = {
  lat: 41.15,
  lon: -8.6,
  cell: VIEW,
  technicians: { free: 9_000, offered: 0, busy: 1_000, silent: 0, provider: 0 },
};

function snapshot(features: MapFeature[], clusters: MapCluster[] = []): MapSnapshot {
  const technicians = { free: 9_000, offered: 0, busy: 1_000, silent: 0, provider: 3, off_duty: 7 };
  const counts = { technicians, work_orders: { lead: 1, ticket: 0 } };
  return {
    type: "FeatureCollection",
    features,
    server_now: at(0),
    cursor: "1",
    truncated: clusters.length > 0,
    clusters,
    counts,
    scope_counts: counts,
    past: null,
    choices: null,
  };
}

/** Somewhere in the view. */
const inView = (id: string, step = 0, changes = {}) => technician(id, changes, -8.65 + step / 100_000, 41.15);

/** A view of a fleet of ten thousand; `answers` are given one after the other, the last again and again. */
function crowd(...answers: MapSnapshot[]) {
  const asked: { bbox: Box | undefined; narrowing: MapNarrowing | undefined }[] = [];
  const map = async (bbox?: Box, narrowing?: MapNarrowing) => {
    asked.push({ bbox, narrowing });
    return answers.length > 1 ? answers.shift()! : answers[0]!;
  };
  const client = { map } as unknown as Client;
  const narrowing = new Narrowing();
  const past = new Past(client);
  const pointed: string[] = [];
  const view = new FleetView({ client, narrowing, past, pointedAt: () => pointed });
  const changes: FleetChange[] = [];
  view.begin(snapshot([], [CLUSTER]));
  view.onChange((change) => changes.push(change));
  changes.length = 0;
  return { view, asked, changes, narrowing, past, pointed };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a fleet that is too large to hold", () => {
  it("is drawn by tiles where too many are in view, and held where one answer tells them", async () => {
    const { view, changes } = crowd(snapshot([], [CLUSTER]), snapshot([inView("ana")]));
    await view.look(VIEW, AFAR);
    expect(view.tiled.value).toBe(true);
    await view.look([-8.66, 41.14, -8.64, 41.16], NEAR);
    expect(view.tiled.value).toBe(false);
    expect(changes.at(-1)).toMatchObject({ all: false, people: 1 });
  });

  it.each([
    ["narrowed to a store", (made: ReturnType<typeof crowd>) => (made.narrowing.scope.value = new Set(["centre"]))],
    ["narrowed to a skill", (made: ReturnType<typeof crowd>) => (made.narrowing.skill.value = "phones")],
    ["shown as it was", (made: ReturnType<typeof crowd>) => (made.past.at.value = 1)],
  ])("is not drawn by tiles while it is %s: they tell all of it as it is", async (_, narrow) => {
    const made = crowd(snapshot([], [CLUSTER]));
    await made.view.look(VIEW, AFAR);
    narrow(made);
    expect(made.view.tiled.value).toBe(false);
  });

  it("counts as the service counts, whatever is held", async () => {
    const { view } = crowd(snapshot([inView("ana")]));
    await view.look(VIEW, NEAR);
    view.takeMoves([inView("bea")], []);
    expect(view.counts.value).toMatchObject({ free: 9_000, busy: 1_000, provider: 3, lead: 1 });
    expect(view.inView.value).toBe(10_000);
    expect(view.offDuty.value).toBe(7);
  });

  it("needs the moves in view, from afar those of whom is pointed at, and none without a map", async () => {
    const { view, pointed } = crowd(snapshot([], [CLUSTER]));
    expect(view.needs()).toBe("none");
    await view.look(VIEW, NEAR);
    expect(view.needs()).toEqual(VIEW);
    view.takeMoves([inView("ana")], []);
    await view.look(VIEW, AFAR);
    expect(view.needs()).toBe("none");
    await view.look(VIEW, NEAR);
    view.takeMoves([inView("ana")], []);
    pointed.push("ana");
    await view.look(VIEW, AFAR);
    expect(isWithin(view.needs() as Box, -8.65, 41.15)).toBe(true);
    view.lookAway();
    expect(view.needs()).toBe("none");
  });

  it("touches those alone who differ when it is read again", async () => {
    const people = Array.from({ length: 2_000 }, (_, index) => inView(`t${index}`, index));
    const moved = people.map((one, index) => (index < 7 ? { ...one, geometry: inView("x", 9_999).geometry } : one));
    const aged = moved.slice(0, 1_990).map((one) => ({ ...one, properties: { ...one.properties, age_s: 77 } }));
    const { view, changes } = crowd(snapshot(people), snapshot(aged));
    await view.look(VIEW, NEAR);
    changes.length = 0;
    await view.refresh();
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({ all: false, people: 1_990 });
    expect(changes[0]!.set.map(({ id }) => id)).toEqual(people.slice(0, 7).map(({ id }) => id));
    expect(changes[0]!.gone).toHaveLength(10);
  });

  it("takes a storm of moves in slices, each technician once and as told last", async () => {
    const { view, changes } = crowd(snapshot([], [CLUSTER]));
    await view.look(VIEW, NEAR);
    changes.length = 0;
    const storm = Array.from({ length: 1_000 }, (_, index) => inView(`t${index}`, index));
    view.takeMoves(storm.slice(0, 500), []);
    view.takeMoves(storm.slice(500), []);
    view.takeMoves(
      storm.slice(900).map(({ id }) => inView(id, 5_000)),
      ["t0", "t899"],
    );
    expect(changes).toHaveLength(1);
    vi.runAllTimers();
    expect(changes.map(({ set, gone }) => set.length + gone.length)).toEqual([250, 250, 250, 249, 1]);
    expect(changes.every(({ all }) => !all)).toBe(true);
    const told = changes.flatMap(({ set }) => set.map(({ id }) => id));
    expect(new Set(told).size).toBe(told.length);
    expect(view.fleet.technicians.get("t950")!.geometry.coordinates[0]).toBeCloseTo(-8.6);
    expect(view.fleet.technicians.has("t899")).toBe(false);
  });

  it("takes no single moves where a tile from near has rings", async () => {
    const { view } = crowd(snapshot([], [CLUSTER]));
    await view.look(VIEW, NEAR);
    view.rings.value = true;
    expect(view.needs()).toBe("none");
    view.takeMoves([inView("ana")], []);
    expect(view.fleet.technicians.size).toBe(0);
  });

  it("takes no single moves from afar, nor of those out of view, and reads no map for a move", async () => {
    const { view, asked, changes } = crowd(snapshot([], [CLUSTER]));
    await view.look(VIEW, AFAR);
    const before = [asked.length, changes.length];
    view.takeMoves([inView("ana")], []);
    expect([asked.length, changes.length]).toEqual(before);
    await view.look(VIEW, NEAR);
    const read = asked.length;
    view.takeMoves([inView("ana"), technician("far", {}, 2, 48)], []);
    vi.runAllTimers();
    expect(asked).toHaveLength(read);
    expect([...view.fleet.technicians.keys()]).toEqual(["ana"]);
  });

  it("keeps those who moved while tiles are read anew, and lets go of those left behind", async () => {
    const { view, pointed } = crowd(snapshot([], [CLUSTER]));
    await view.look(VIEW, NEAR);
    view.takeMoves([inView("ana"), inView("bea")], []);
    const before = view.refreshes.value;
    await view.refresh();
    expect(view.refreshes.value).toBe(before + 1);
    expect(view.fleet.technicians.size).toBe(2);
    pointed.push("bea");
    await view.look([2, 48, 2.1, 48.1], NEAR);
    expect([...view.fleet.technicians.keys()]).toEqual(["bea"]);
  });

  it("meets a technician of a tile once", async () => {
    const { view, asked } = crowd(snapshot([inView("ana"), inView("bea"), pinOf(order())!]));
    await view.meet("bea", { lat: 41.15, lon: -8.65 });
    expect([...view.fleet.technicians.keys()]).toEqual(["bea"]);
    const before = asked.length;
    await view.meet("bea", { lat: 41.15, lon: -8.65 });
    expect(asked).toHaveLength(before);
  });

  it("drops an answer that another view has overtaken", async () => {
    const { view } = crowd(snapshot([inView("old")]), snapshot([inView("new")]));
    const first = view.look(VIEW, NEAR);
    const second = view.look([-8.66, 41.14, -8.64, 41.16], NEAR);
    await Promise.all([first, second]);
    expect([...view.fleet.technicians.keys()]).toEqual(["new"]);
  });
});

describe("a fleet that is held whole", () => {
  it("takes every move, wherever it is, and counts them itself", () => {
    const { view, changes } = crowd(snapshot([]));
    view.begin(snapshot([inView("ana")]));
    expect(view.needs()).toBe("all");
    view.takeMoves([technician("far", { status: "busy" }, 2, 48)], []);
    expect(view.counts.value).toMatchObject({ free: 1, busy: 1 });
    expect(changes.at(-1)).toMatchObject({ all: false, people: 2 });
  });
});

describe("what an answer tells anew", () => {
  const known = (): Fleet => {
    const fleet = new Fleet();
    fleet.replace([technician("ana", { recorded_at: at(1) }), pinOf(order({ version: 3 }))!]);
    return fleet;
  };
  const none = () => false;

  it("is not what the stream has told since", () => {
    const older: TechnicianFeature = technician("ana", { recorded_at: at(0), status: "busy" });
    const { set, gone } = known().catchUp([older, pinOf(order({ version: 2 }))!], none);
    expect([set, gone]).toEqual([[], []]);
  });

  it("is a status, a name or a place, with the time or without", () => {
    for (const told of [
      technician("ana", { recorded_at: at(1), status: "busy" }),
      technician("ana", { recorded_at: at(2) }),
      technician("ana", { recorded_at: null }),
      technician("ana", { recorded_at: at(1) }, -29),
    ]) {
      expect(known().catchUp([told, pinOf(order({ version: 3 }))!], none).set).toEqual([told]);
    }
  });

  it("takes pins and technicians away who are not told, but those to keep", () => {
    expect(known().catchUp([], none)).toMatchObject({ gone: ["ana", "order-1"], people: 0 });
    expect(known().catchUp([], () => true)).toMatchObject({ gone: ["order-1"], people: 1 });
  });
});

describe("moves that wait", () => {
  it("are each told once, the latest, whatever the number", () => {
    const moves = new Moves();
    moves.add(
      Array.from({ length: SLICE + 1 }, (_, index) => inView(`t${index}`)),
      ["t3"],
    );
    const first = moves.next();
    expect(first.set).toHaveLength(SLICE - 1);
    expect(first.gone).toEqual(["t3"]);
    expect(moves.next()).toMatchObject({ gone: [] });
    expect(moves.isEmpty).toBe(true);
  });
});

describe("boxes of a map that shows the Earth more than once", () => {
  it.each([
    [
      [-250, -95, 250, 95],
      [-180, -90, 180, 90],
    ],
    [
      [170, -20, 190, 0],
      [170, -20, -170, 0],
    ],
    [
      [-190, 10, -170, 20],
      [170, 10, -170, 20],
    ],
    [
      [-8.7, 41, -8.5, 42],
      [-8.7, 41, -8.5, 42],
    ],
  ] as [Box, Box][])("are on it once (%#)", (seen, box) => {
    onEarth(seen).forEach((degrees, index) => expect(degrees).toBeCloseTo(box[index]!));
  });

  it("are made around a place, across the antimeridian too", () => {
    expect(isWithin(boxAround({ lat: 10, lon: 179.99 }, 0.05), -179.97, 10.02)).toBe(true);
  });
});

describe("a ring of a tile", () => {
  /** The value of an expression of the few kinds that rings are made of. */
  function valueOf(expression: unknown, properties: Record<string, number>): unknown {
    if (!Array.isArray(expression)) return expression;
    const [kind, ...rest] = expression as [string, ...unknown[]];
    if (kind === "case") {
      return valueOf(valueOf(rest[0], properties) ? rest[1] : rest[2], properties);
    }
    const values = rest.map((each) => valueOf(each, properties));
    const numbers = values as number[];
    if (kind === "get") return properties[String(rest[0])];
    if (kind === "+") return numbers.reduce((sum, each) => sum + each, 0);
    if (kind === "*") return numbers.reduce((product, each) => product * each, 1);
    if (kind === "/") return numbers[0]! / numbers[1]!;
    if (kind === ">") return numbers[0]! > numbers[1]!;
    if (kind === "max") return Math.max(...numbers);
    if (kind === "round") return Math.round(numbers[0]!);
    if (kind === "to-string") return String(values[0]);
    if (kind === "concat") return values.join("");
    if (kind === "step") {
      let value = numbers[1];
      for (let index = 2; index < numbers.length; index += 2)
        if (numbers[0]! >= numbers[index]!) value = numbers[index + 1];
      return value;
    }
    throw new Error(kind);
  }

  it.each([
    [{ free: 1, offered: 0, busy: 0, silent: 0 }, [], 1, [8, 0, 0, 0]],
    [{ free: 500, offered: 1, busy: 499, silent: 0 }, [], 1_000, [4, 1, 4, 0]],
    [{ free: 30, offered: 30, busy: 30, silent: 30 }, ["busy", "lead"], 90, [3, 3, 0, 3]],
    [{ free: 5, offered: 0, busy: 0, silent: 0 }, ["free"], 0, [0, 0, 0, 0]],
  ] as [Record<string, number>, LegendKey[], number, number[]][])(
    "has parts of the statuses that the legend leaves on, and their number (%#)",
    (properties, hidden, number, parts) => {
      const { image, count } = ringExpressions(new Set(hidden));
      expect(valueOf(count, properties)).toBe(number);
      const ring = ringNamed(String(valueOf(image, properties)))!;
      expect(ring.parts).toEqual(parts);
      expect(ring.size).toBeGreaterThanOrEqual(28);
      expect(ring.size).toBeLessThanOrEqual(60);
    },
  );

  it("is told from other images by its name", () => {
    for (const name of ["person-free-round", "pin-lead-solid-go", "beak-free", "ring", ""]) {
      expect(ringNamed(name)).toBeNull();
    }
  });

  it.each([
    [0, 0, 3],
    [-8.61, 41.15, 10],
    [179.9, -84, 5],
    [-180, 70, 0],
  ])("lies in a cell that holds it, an eighth of its tile wide (%#)", (lon, lat, zoom) => {
    const cell = cellOf(lon, lat, zoom);
    expect(isWithin(cell, lon, lat)).toBe(true);
    expect(cell[2] - cell[0]).toBeCloseTo(360 / 2 ** (zoom + 3));
  });
});
