/** The pending list as it is wanted: which rows, which columns, in which order; and what a row says. */
import type { ListView, WorkOrder } from "../../api/types";
import { type Farewell, isTaken, type PendingBucket, shortAddress } from "../../model/pending";
import { firstName } from "../../model/words";
import type { ConsoleTexts } from "../../texts/console";

type Texts = ConsoleTexts["pending"];

export type ColumnId = keyof Texts["column"];
export type Tab = "all" | PendingBucket;
export type Kind = WorkOrder["kind"];

export interface Column {
  id: ColumnId;
  width: number;
}

export interface Sort {
  column: ColumnId;
  latest: boolean;
}

/** What the list shows. It is kept in the address, and in saved views. */
export interface Settings {
  tab: Tab;
  columns: readonly Column[];
  sort: Sort;
  group: string;
  kind: Kind | "";
  search: string;
}

/** Every column in its usual order, with its width in pixels; those that are not `shown` are off until chosen. */
export const COLUMNS: readonly (Column & { shown: boolean })[] = [
  { id: "state", width: 30, shown: true },
  { id: "number", width: 62, shown: true },
  { id: "title", width: 152, shown: true },
  { id: "customer", width: 88, shown: true },
  { id: "street", width: 86, shown: true },
  { id: "slot", width: 100, shown: true },
  { id: "group", width: 80, shown: true },
  { id: "waiting", width: 58, shown: true },
  { id: "deadline", width: 84, shown: true },
  { id: "reason", width: 126, shown: true },
  { id: "priority", width: 64, shown: false },
  { id: "phone", width: 120, shown: false },
  { id: "skills", width: 110, shown: false },
  { id: "referral", width: 110, shown: false },
];

export const TABS: readonly Tab[] = ["all", "needs_you", "being_offered", "later"];
const NARROWEST = 30;
const WIDEST = 600;

const usual: readonly Column[] = COLUMNS.filter(({ shown }) => shown).map(({ id, width }) => ({ id, width }));

export const DEFAULTS: Settings = {
  tab: "all",
  columns: usual,
  sort: { column: "deadline", latest: false },
  group: "",
  kind: "",
  search: "",
};

const isColumn = (id: string): id is ColumnId => COLUMNS.some((column) => column.id === id);
const isTab = (tab: unknown): tab is Tab => TABS.includes(tab as Tab);
const isKind = (kind: unknown): kind is Kind => kind === "lead" || kind === "ticket";

export const clampWidth = (width: number): number => Math.round(Math.min(WIDEST, Math.max(NARROWEST, width)));

/** `number:68`, or `number` alone for the usual width; null for what is no column. */
export function parseColumn(text: string): Column | null {
  const [id = "", width] = text.split(":");
  const known = COLUMNS.find((column) => column.id === id);
  if (!known) return null;
  const wanted = Number(width);
  return { id: known.id, width: width && Number.isFinite(wanted) ? clampWidth(wanted) : known.width };
}

export const formatColumn = ({ id, width }: Column): string => `${id}:${width}`;

function parseColumns(texts: readonly string[]): readonly Column[] | null {
  const columns = texts.map(parseColumn).filter((column) => column !== null);
  const once = columns.filter(({ id }, index) => columns.findIndex((other) => other.id === id) === index);
  return once.length > 0 ? once : null;
}

export function parseSort(text: string | null | undefined): Sort | null {
  const column = text?.replace(/^-/, "") ?? "";
  return isColumn(column) ? { column, latest: text?.startsWith("-") ?? false } : null;
}

export const formatSort = ({ column, latest }: Sort): string => (latest ? `-${column}` : column);

/** What a saved view wants. What it does not know, or what is no longer there, is as usual. */
export function settingsOfView(view: Pick<ListView, "columns" | "sort" | "filters"> | null): Settings {
  if (!view) return DEFAULTS;
  const { tab, group, kind, search } = view.filters as Record<string, unknown>;
  return {
    tab: isTab(tab) ? tab : DEFAULTS.tab,
    columns: parseColumns(view.columns) ?? DEFAULTS.columns,
    sort: parseSort(view.sort[0]) ?? DEFAULTS.sort,
    group: typeof group === "string" ? group : "",
    kind: isKind(kind) ? kind : "",
    search: typeof search === "string" ? search : "",
  };
}

/** What is kept of the settings in a view. */
export function contentOf({
  tab,
  columns,
  sort,
  group,
  kind,
  search,
}: Settings): Pick<ListView, "columns" | "sort" | "filters"> {
  const filters = Object.fromEntries(Object.entries({ tab, group, kind, search }).filter(([, value]) => value));
  return { columns: columns.map(formatColumn), sort: [formatSort(sort)], filters };
}

/** The settings that an address asks for, on top of those of its view. */
export function settingsFrom(
  query: URLSearchParams,
  view: Pick<ListView, "columns" | "sort" | "filters"> | null,
): Settings {
  const base = settingsOfView(view);
  const tab = query.get("tab");
  const kind = query.get("kind");
  return {
    tab: isTab(tab) ? tab : base.tab,
    columns: parseColumns(query.get("cols")?.split(",") ?? []) ?? base.columns,
    sort: parseSort(query.get("sort")) ?? base.sort,
    group: query.get("group") ?? base.group,
    kind: query.has("kind") ? (isKind(kind) ? kind : "") : base.kind,
    search: query.get("q") ?? base.search,
  };
}

/** The parts of the address that say how `settings` differ from the view's. */
export function addressOf(
  settings: Settings,
  view: Pick<ListView, "columns" | "sort" | "filters"> | null,
): Record<string, string | null> {
  const base = settingsOfView(view);
  const columns = settings.columns.map(formatColumn).join();
  const differing = (value: string, usually: string) => (value === usually ? null : value);
  return {
    tab: differing(settings.tab, base.tab),
    cols: differing(columns, base.columns.map(formatColumn).join()),
    sort: differing(formatSort(settings.sort), formatSort(base.sort)),
    group: differing(settings.group, base.group),
    kind: differing(settings.kind, base.kind),
    q: differing(settings.search, base.search),
  };
}

/** Move a column by one place. */
export function movedColumn(columns: readonly Column[], id: ColumnId, step: 1 | -1): readonly Column[] {
  const at = columns.findIndex((column) => column.id === id);
  return placedColumn(columns, id, at + step);
}

/** Put a column at a place. */
export function placedColumn(columns: readonly Column[], id: ColumnId, place: number): readonly Column[] {
  const column = columns.find((each) => each.id === id);
  if (!column || place < 0 || place >= columns.length) return columns;
  const rest = columns.filter((each) => each.id !== id);
  return [...rest.slice(0, place), column, ...rest.slice(place)];
}

/** Show a column, at its usual place among those shown, or take it away; one always stays. */
export function toggledColumn(columns: readonly Column[], id: ColumnId): readonly Column[] {
  if (columns.some((column) => column.id === id))
    return columns.length > 1 ? columns.filter((column) => column.id !== id) : columns;
  const rank = (one: ColumnId) => COLUMNS.findIndex((column) => column.id === one);
  const after = columns.filter((column) => rank(column.id) < rank(id));
  const last = after.at(-1);
  const at = last ? columns.indexOf(last) + 1 : 0;
  const width = COLUMNS[rank(id)]?.width ?? 100;
  return [...columns.slice(0, at), { id, width }, ...columns.slice(at)];
}

/** When the row has to be done, in milliseconds: the offer's end, else the start of the slot. */
export function deadlineMs(order: WorkOrder): number {
  return Date.parse(order.offer?.expires_at ?? order.slot.start);
}

const LATE_OFFER_S = 60;
const LATE_SLOT_S = 30 * 60;

/** Whether the deadline is to be seen at once. */
export function isLate(order: WorkOrder, nowMs: number): boolean {
  const left = (deadlineMs(order) - nowMs) / 1000;
  return left < (order.offer ? LATE_OFFER_S : LATE_SLOT_S);
}

/** Why the row waits, in a few words. */
export function reasonOf(order: WorkOrder, texts: Texts): string {
  const { reasons } = texts;
  if (order.offer) return texts.asked(order.offer.technician_name, order.offers.length - 1);
  if (isTaken(order)) return texts.cannotGo(order.assignee?.name ?? "");
  if (order.pending_reason === "needs_location" && order.location_candidates.length > 0)
    return reasons.which_address ?? "";
  if (order.state === "new") return reasons.new ?? "";
  return reasons[order.pending_reason ?? ""] ?? (order.location ? reasons.waiting : reasons.no_address) ?? "";
}

export interface Row {
  order: WorkOrder;
  farewell: Farewell | null;
}

interface RowsOf {
  orders: readonly WorkOrder[];
  farewells: readonly Farewell[];
  settings: Settings;
  texts: Texts;
  groupName: (id: string | null) => string;
}

/** How many rows each tab has; a struck row is not counted. */
export function tabCounts({ orders, farewells }: Pick<RowsOf, "orders" | "farewells">): Record<Tab, number> {
  const leaving = new Set(farewells.map(({ from }) => from.id));
  const counts: Record<Tab, number> = { all: 0, needs_you: 0, being_offered: 0, later: 0 };
  for (const { id, bucket } of orders) {
    if (leaving.has(id)) continue;
    counts.all += 1;
    if (bucket in counts) counts[bucket as Tab] += 1;
  }
  return counts;
}

/** How many rows the settings have; a struck row is not counted. */
export function countOf({ orders, farewells }: Pick<RowsOf, "orders" | "farewells">, settings: Settings): number {
  const leaving = new Set(farewells.map(({ from }) => from.id));
  return orders.filter((order) => isWanted(order, settings) && !leaving.has(order.id)).length;
}

/** The rows of the settings, sorted. A struck row stands where it stood. */
export function rowsOf({ orders, farewells, settings, texts, groupName }: RowsOf): Row[] {
  const leaving = new Map(farewells.map((each) => [each.from.id, each]));
  const wanted = orders.filter((order) => isWanted(order, settings));
  const value = sortValue(settings.sort.column, texts, groupName);
  const turn = settings.sort.latest ? -1 : 1;
  const keyed = wanted.map((order) => ({ order, key: value(order) }));
  keyed.sort((a, b) => turn * compare(a.key, b.key) || (a.order.id < b.order.id ? -1 : 1));
  return keyed.map(({ order }) => ({ order, farewell: leaving.get(order.id) ?? null }));
}

function isWanted(order: WorkOrder, { tab, group, kind, search }: Settings): boolean {
  if (tab !== "all" && order.bucket !== tab) return false;
  if (group && order.group_id !== group) return false;
  if (kind && order.kind !== kind) return false;
  return matches(order, search);
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Every word typed occurs in what the row is about. */
export function matches(
  { number, title, customer, address, skills, referral_source, offers }: WorkOrder,
  search: string,
): boolean {
  const words = plain(search).split(/\s+/).filter(Boolean);
  if (words.length === 0) return true;
  const asked = offers.map((offer) => offer.technician_name);
  const text = plain(
    [number, title, customer.name, customer.phone, address, ...skills, referral_source, ...asked]
      .filter(Boolean)
      .join(" "),
  );
  return words.every((word) => text.includes(word));
}

type Key = number | string;

const compare = (a: Key, b: Key): number =>
  typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
const BUCKETS: Record<string, number> = { needs_you: 0, being_offered: 1, later: 2 };

function sortValue(
  column: ColumnId,
  texts: Texts,
  groupName: (id: string | null) => string,
): (order: WorkOrder) => Key {
  const values: Record<ColumnId, (order: WorkOrder) => Key> = {
    state: (order) => BUCKETS[order.bucket] ?? 9,
    number: (order) => order.number,
    title: (order) => order.title,
    customer: (order) => order.customer.name,
    street: (order) => shortAddress(order.address),
    slot: (order) => Date.parse(order.slot.start),
    group: (order) => groupName(order.group_id),
    waiting: (order) => Date.parse(order.created_at),
    deadline: deadlineMs,
    reason: (order) => reasonOf(order, texts),
    priority: (order) => -order.priority,
    phone: (order) => order.customer.phone ?? "",
    skills: (order) => order.skills.join(),
    referral: (order) => order.referral_source ?? "",
  };
  return values[column];
}

/** The first and the last row to be drawn, and a few beside them. */
export function visibleRows(
  scrollTop: number,
  height: number,
  rowHeight: number,
  count: number,
): { from: number; to: number } {
  const STEP = 8;
  const first = Math.floor(scrollTop / rowHeight / STEP) * STEP - STEP;
  const shown = Math.ceil(height / rowHeight) + 3 * STEP;
  const from = Math.max(0, Math.min(first, count - shown));
  return { from, to: Math.min(count, from + shown) };
}

/** The ids between two rows, both of them too; what is struck through is left out. */
export function rangeOf(rows: readonly Row[], from: string | null, to: string): string[] {
  const ids = rows.map(({ order }) => order.id);
  const [a, b] = [ids.indexOf(from ?? to), ids.indexOf(to)];
  if (b < 0) return [];
  const [start, end] = a < 0 ? [b, b] : [Math.min(a, b), Math.max(a, b)];
  return rows
    .slice(start, end + 1)
    .filter(({ farewell }) => !farewell)
    .map(({ order }) => order.id);
}

/** A cell of a CSV file: quoted where needed, and never read as a formula. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n;]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Who is asked for short: `Rui` of `Rui Matos`. */
export const shortName = firstName;
