import { ApiProblem } from "../../src/api/client";
import type { Fix } from "../../src/app/positions/fix";
import type { ScheduledWork, WorkOrder } from "../../src/app/today/day";
import type { Update } from "../../src/app/updates/update";

export const START = Date.parse("2026-11-30T09:00:00Z");

export function fix(place: number, more: Partial<Fix> = {}): Fix {
  return {
    owner: "ana",
    recorded_at: new Date(START + place * 10_000).toISOString(),
    lat: 41.15 + place / 10_000,
    lon: -8.61,
    accuracy_m: 8,
    speed_mps: null,
    heading_deg: null,
    battery: null,
    ...more,
  };
}

export function step(
  name: "travelling" | "on_site" | "in_progress" | "completed",
  order = "w1",
  owner = "ana",
): Update {
  const at = new Date(START).toISOString();
  return {
    kind: "status",
    step: name,
    note: null,
    id: `${order}-${name}`,
    owner,
    at,
    work_order_id: order,
    number: order,
  };
}

export function photo(id: string, order = "w1"): Update {
  const at = new Date(START).toISOString();
  const image = new Uint8Array([1, 2, 3]).buffer;
  return { kind: "photo", image, media_type: "image/jpeg", id, owner: "ana", at, work_order_id: order, number: order };
}

export function problem(status: number, code = "", more: object = {}): ApiProblem {
  return new ApiProblem(status, { code, detail: `${status} ${code}`, ...more });
}

interface Made {
  id?: string;
  start?: string;
  state?: WorkOrder["state"];
  more?: Partial<WorkOrder>;
}

export function order({
  id = "w1",
  start = "2026-11-30T10:00:00Z",
  state = "assigned",
  more = {},
}: Made = {}): WorkOrder {
  const end = new Date(Date.parse(start) + 3_600_000).toISOString();
  const known = {
    id,
    number: id,
    kind: "lead",
    title: "Lead",
    store_id: "s1",
    state,
    customer: { name: "Eva Sample" },
    address: "1 Mill Lane",
    location: null,
    slot: { start, end },
    device: {},
    skills: [],
    assignee: { id: "ana", name: "Ana Rivers" },
    collaborators: [],
    updated_at: start,
  };
  return { ...known, ...more } as unknown as WorkOrder;
}

export function scheduled(made: Made = {}, role: "primary" | "collaborator" = "primary"): ScheduledWork {
  return { ...order(made), role };
}
