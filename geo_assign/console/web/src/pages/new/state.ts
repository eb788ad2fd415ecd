import { batch, computed, effect, signal, untracked } from "@preact/signals";
import { ApiProblem, type Client } from "../../api/client";
import type { LatLon, LocationCandidate, OrderKind, WorkOrder } from "../../api/types";
import type { Desk } from "../../state/desk";
import { texts } from "../../texts/console";
import {
  bodyOf,
  canLookUp,
  type Draft,
  duplicateOf,
  emptyDraft,
  type FreeSlot,
  fieldOf,
  isWorthKeeping,
  knownCustomer,
  readDraft,
} from "./model";

const ASKS_AFTER_MS = 400;
const LEAST_ADDRESS = 6;
const SLOTS = 40;

/** What the address is worth, as the service sees it. */
export interface Lookup {
  found: LocationCandidate | null;
  candidates: LocationCandidate[];
  /** Why there is no place, as a sentence. */
  detail: string | null;
}

/** A new lead or ticket: what was typed, what is known about it meanwhile, and the attempt to make it. */
export class NewOrder {
  readonly draft = signal<Draft>(emptyDraft("lead", ""));
  /** When the draft was last stored on this computer, by the server's clock; null before that. */
  readonly keptAt = signal<number | null>(null);
  /** Work orders with the phone that was typed, the newest first. */
  readonly earlier = signal<readonly WorkOrder[]>([]);
  /** The known customer was sent away: it is a different one. */
  readonly strangers = signal(false);
  readonly lookup = signal<Lookup | null>(null);
  readonly slots = signal<readonly FreeSlot[] | null>(null);
  /** Why there are no slots to choose. */
  readonly slotsProblem = signal<string | null>(null);
  /** Another time than a free one is being typed. */
  readonly otherTime = signal(false);
  readonly sending = signal(false);
  readonly problem = signal<string | null>(null);
  readonly fieldProblems = signal<ReadonlyMap<keyof Draft, string>>(new Map());

  readonly zone = computed(() => this.store?.timezone ?? "UTC");
  readonly known = computed(() =>
    this.strangers.value ? null : knownCustomer(this.earlier.value, this.draft.value.phone),
  );
  readonly duplicate = computed(() =>
    duplicateOf(this.earlier.value, this.draft.value, this.desk.clock.now(), this.zone.value),
  );
  /** Where the customer is: the pin, or what was found for the address. */
  readonly place = computed<LatLon | null>(() => this.draft.value.location ?? this.lookup.value?.found ?? null);

  private readonly stops: (() => void)[] = [];
  /** Sent along until the service has answered, so that a second try makes no second work order. */
  private attempt: string | null = null;

  constructor(
    private readonly client: Client,
    private readonly desk: Desk,
    kind: OrderKind,
    given: Partial<Draft> = {},
  ) {
    const storeIds = desk.me.stores.map(({ id }) => id);
    const [scoped] = [...desk.scope.peek()];
    const kept = readDraft(localStorage.getItem(this.key), storeIds);
    this.draft.value = { ...(kept ?? emptyDraft(kind, scoped ?? storeIds[0] ?? "")), kind, ...given };
    this.otherTime.value = this.draft.value.typedSlot !== "";
    this.stops.push(this.keep(), this.askForCustomer(), this.askForPlace(), this.askForSlots());
  }

  stop(): void {
    this.stops.forEach((stop) => stop());
  }

  get store() {
    return this.desk.me.stores.find(({ id }) => id === this.draft.value.storeId);
  }

  change(changes: Partial<Draft>): void {
    const fields = new Map(this.fieldProblems.peek());
    for (const name of Object.keys(changes)) fields.delete(name as keyof Draft);
    batch(() => {
      // Another start than the one that was marked takes the store's usual duration.
      const end: Partial<Draft> = "typedSlot" in changes ? { typedEnd: "" } : {};
      this.draft.value = { ...this.draft.peek(), ...end, ...changes };
      this.fieldProblems.value = fields;
      if ("phone" in changes) this.strangers.value = false;
    });
    this.attempt = null;
  }

  /** A free slot with who could come then; null for as soon as possible. */
  chooseSlot(slot: FreeSlot | null): void {
    const [first] = slot?.technicians ?? [];
    this.otherTime.value = false;
    this.change({
      slot: slot && { start: slot.start, end: slot.end },
      slotTechnician: first ? { id: first.id, name: first.name } : null,
      typedSlot: "",
    });
  }

  chooseOtherTime(): void {
    this.otherTime.value = true;
    this.change({ slot: null, slotTechnician: null });
  }

  /** Whether what no work order can do without is there; the fields say what is missing. */
  check(): boolean {
    const words = texts.peek().create;
    const { name, address, location } = this.draft.peek();
    const missing: [keyof Draft, string][] = [];
    if (!name.trim()) missing.push(["name", words.nameMissing]);
    if (!address.trim() && !location) missing.push(["address", words.placeMissing]);
    this.fieldProblems.value = new Map(missing);
    return missing.length === 0;
  }

  /** Begin anew. */
  discard(): void {
    localStorage.removeItem(this.key);
    const { kind, storeId } = this.draft.peek();
    batch(() => {
      this.draft.value = emptyDraft(kind, storeId);
      this.otherTime.value = false;
      this.keptAt.value = null;
      this.problem.value = null;
      this.fieldProblems.value = new Map();
    });
  }

  /**
   * Make the work order. `assign` has automation look for a technician at once, where the store would not by itself.
   * Null when the service refuses it: then the problems say why, and the draft is as it was.
   */
  async create({ assign }: { assign: boolean }): Promise<WorkOrder | null> {
    if (this.sending.peek()) return null;
    batch(() => {
      this.sending.value = true;
      this.problem.value = null;
      this.fieldProblems.value = new Map();
    });
    try {
      const order = await this.send();
      this.discard();
      return assign && order.state === "pending" ? await this.assigned(order) : order;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.refused(error);
      return null;
    } finally {
      this.sending.value = false;
    }
  }

  private async send(): Promise<WorkOrder> {
    this.attempt ??= randomKey();
    const draft = this.draft.peek();
    const call = { params: { header: { "Idempotency-Key": this.attempt } }, body: bodyOf(draft) };
    const { api } = this.client;
    return this.client.answered<WorkOrder>(
      draft.kind === "lead" ? api.POST("/v1/leads", call) : api.POST("/v1/tickets", call),
    );
  }

  /** The order is made; that no technician was found is told by its state, not as an error. */
  private async assigned(order: WorkOrder): Promise<WorkOrder> {
    if (!order.location || order.assignee) return order;
    const params = { path: { id: order.id } };
    try {
      return await this.client.answered<WorkOrder>(
        this.client.api.POST("/v1/work-orders/{id}/auto-assign", { params }),
      );
    } catch (error) {
      if (error instanceof ApiProblem) return order;
      throw error;
    }
  }

  private refused(error: ApiProblem): void {
    const fields = new Map<keyof Draft, string>();
    const others: string[] = [];
    for (const { pointer, detail } of error.body.errors ?? []) {
      const field = fieldOf(pointer);
      if (field && !fields.has(field)) fields.set(field, detail);
      else others.push(detail);
    }
    if (error.status !== 0) this.attempt = null;
    batch(() => {
      this.fieldProblems.value = fields;
      this.problem.value = fields.size > 0 ? others.join(" ") || null : error.message;
    });
  }

  private get key(): string {
    return `geo-assign-draft-${this.desk.me.user.id}`;
  }

  private keep(): () => void {
    return effect(() => {
      const draft = this.draft.value;
      if (!isWorthKeeping(draft)) return;
      localStorage.setItem(this.key, JSON.stringify(draft));
      this.keptAt.value = untracked(() => this.desk.clock.now());
    });
  }

  private askForCustomer(): () => void {
    const phone = computed(() => this.draft.value.phone);
    return settled(phone, async (wanted, current) => {
      const found = canLookUp(wanted) ? await this.ordersOf(wanted) : [];
      if (current()) this.earlier.value = found;
    });
  }

  /** Only a help: without an answer the customer is not known. */
  private async ordersOf(phone: string): Promise<readonly WorkOrder[]> {
    const query = { q: phone, sort: "-created_at" as const, limit: 20 };
    const answer = await answerOrProblem(this.client.api.GET("/v1/work-orders", { params: { query } }));
    return answer.data?.items ?? [];
  }

  private askForPlace(): () => void {
    const asked = computed(() => {
      const { address, location, storeId } = this.draft.value;
      return location || address.trim().length < LEAST_ADDRESS ? null : `${storeId} ${address.trim()}`;
    });
    return settled(asked, async (wanted, current) => {
      this.lookup.value = null;
      if (wanted === null) return;
      const { address, storeId } = this.draft.peek();
      const body = { store_id: storeId, address: address.trim() };
      const { data, problem } = await answerOrProblem(this.client.api.POST("/v1/geocode", { body }));
      if (!current()) return;
      const detail = data?.location ? null : (data?.detail ?? problem);
      this.lookup.value = { found: data?.location ?? null, candidates: data?.candidates ?? [], detail };
    });
  }

  private askForSlots(): () => void {
    const asked = computed(() => {
      const { storeId, skills, groupId } = this.draft.value;
      const place = this.place.value;
      return place ? JSON.stringify({ storeId, skills, groupId, lat: place.lat, lon: place.lon }) : null;
    });
    return settled(asked, async (wanted, current) => {
      this.slots.value = null;
      this.slotsProblem.value = null;
      const place = this.place.peek();
      if (wanted === null || !place) return;
      const { storeId, skills, groupId } = this.draft.peek();
      const point = { lat: place.lat, lon: place.lon };
      const body = { store_id: storeId, point, skills, group_id: groupId || null, limit: SLOTS };
      const { data, problem } = await answerOrProblem(this.client.api.POST("/v1/availability", { body }));
      if (!current()) return;
      this.slots.value = data?.slots ?? null;
      this.slotsProblem.value = problem;
    });
  }
}

/** What was answered, or the problem in words: for what helps to type and must not stand in the way. */
async function answerOrProblem<T>(
  call: Promise<{ data?: T }>,
): Promise<{ data: T | undefined; problem: string | null }> {
  try {
    return { data: (await call).data, problem: null };
  } catch (error) {
    if (error instanceof ApiProblem) return { data: undefined, problem: error.message };
    throw error;
  }
}

/** `crypto.randomUUID` is missing where the console is opened without TLS. */
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Runs `ask` when `wanted` has stood still for a moment; `current()` is false once it has changed again. */
function settled<T>(
  wanted: { readonly value: T },
  ask: (value: T, current: () => boolean) => Promise<void>,
): () => void {
  let round = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stop = effect(() => {
    const value = wanted.value;
    round += 1;
    const mine = round;
    clearTimeout(timer);
    timer = setTimeout(() => void ask(value, () => mine === round), ASKS_AFTER_MS);
  });
  return () => {
    round += 1;
    clearTimeout(timer);
    stop();
  };
}
