import createClient, { type Client as FetchClient, type Middleware } from "openapi-fetch";
import { refusals } from "../texts/refusals";
import { service } from "../texts/service";
import type { paths } from "./document.gen";
import type {
  Config,
  Enrolment,
  FreeSlot,
  HistoryEvent,
  LatLon,
  LinkOwner,
  LogInWays,
  MapSnapshot,
  Me,
  Nearest,
  OpenedSession,
  ProblemBody,
  RankBy,
  RecoveryCodes,
  RosterLine,
  SecondFactor,
  Track,
  WorkOrder,
} from "./types";

/** Refusals that say little without the service's own words of what is wrong. */
const SAY_LITTLE = new Set([
  "bad_import_file",
  "conflict",
  "invalid_request",
  "map_key_invalid",
  "router_unusable",
  "single_sign_on_invalid",
  "unavailable",
  "webhook_url_invalid",
]);

function told({ code, detail, title }: ProblemBody): string | undefined {
  const words = refusals.peek()[code ?? ""];
  if (!words) return detail || title;
  const says = code && SAY_LITTLE.has(code) && detail !== title ? detail : "";
  return says ? `${words} ${says}` : words;
}

/** What the service answered instead of what was asked for. `status` 0: it did not answer. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly body: ProblemBody,
  ) {
    super(told(body) || service.peek().answered(status));
  }

  get code(): string {
    return this.body.code ?? "";
  }
}

export interface LogIn {
  organization: string;
  email: string;
  password: string;
  /** Of an authenticator app, or a recovery code, once the service asks for it. */
  code?: string;
}

/** Whom the map shows; what is empty narrows nothing. */
export interface MapNarrowing {
  storeIds?: readonly string[];
  groupId?: string;
  skill?: string;
}

const WHOLE_WORLD: [number, number, number, number] = [-180, -90, 180, 90];
const OPEN: WorkOrder["state"][] = ["new", "pending", "offered", "assigned", "travelling", "on_site", "in_progress"];
const READS = new Set(["GET", "HEAD"]);

/** The header that a change of a versioned thing needs: the version that was seen. */
export function ifMatch({ version }: { version: number }): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}

const unreachable = () => new ApiProblem(0, { code: "unreachable", detail: service.peek().unreachable });

/** The calls of `/v1`. Every one throws `ApiProblem` and nothing else. */
export class Client {
  /**
   * Every operation of the API's document, typed by it: `(await client.api.GET("/v1/stores")).data`. What is not a success is
   * thrown as `ApiProblem`, so `data` is there.
   */
  readonly api: FetchClient<paths, "application/json">;
  csrfToken = "";
  onUnauthorized: () => void = () => {};
  /** The session is good for switching a second factor on, and for nothing else until that is done. */
  onMustEnrol: () => void = () => {};

  constructor(baseUrl = globalThis.location?.origin ?? "") {
    this.api = createClient<paths, "application/json">({
      baseUrl,
      headers: { Accept: "application/json" },
      querySerializer: { array: { style: "form", explode: false } },
      // Looked up at each call, so that a test's is heard.
      fetch: (request) => fetch(request),
    });
    this.api.use(this.guard());
  }

  async config(): Promise<Config> {
    return (await fetch("/console/config.json")).json();
  }

  async me(): Promise<Me> {
    // A console logs in as a user: what an API key is told is not asked for here.
    const me = (await this.answered(this.api.GET("/v1/me"))) as Me;
    this.csrfToken = me.csrf_token ?? "";
    return me;
  }

  async logIn(entered: LogIn): Promise<OpenedSession> {
    return this.opened(await this.answered(this.api.POST("/v1/sessions", { body: { ...entered, cookie: true } })));
  }

  logInWays(organization: string): Promise<LogInWays> {
    return this.answered(this.api.GET("/v1/log-in-ways/{organization}", { params: { path: { organization } } }));
  }

  async secondFactor(): Promise<SecondFactor> {
    return this.opened(await this.answered(this.api.GET("/v1/me/second-factor")));
  }

  beginSecondFactor(): Promise<Enrolment> {
    return this.answered(this.api.POST("/v1/me/second-factor"));
  }

  confirmSecondFactor(code: string): Promise<RecoveryCodes> {
    return this.answered(this.api.POST("/v1/me/second-factor/confirm", { body: { code } }));
  }

  /** The language of mails and push messages to whom is logged in. */
  async writeTo(language: "en" | "de" | "pt"): Promise<void> {
    await this.api.PATCH("/v1/me", { body: { language } });
  }

  async logOut(): Promise<void> {
    await this.api.DELETE("/v1/sessions/current");
  }

  lookAtLink(token: string): Promise<LinkOwner> {
    return this.answered(this.api.POST("/v1/one-time-links/look", { body: { token } }));
  }

  /** Logs this browser in. */
  async acceptInvitation(chosen: { token: string; password: string; name: string; device?: string }): Promise<void> {
    this.opened(await this.answered(this.api.POST("/v1/invitations/accept", { body: { ...chosen, cookie: true } })));
  }

  async acceptReset(chosen: { token: string; password: string }): Promise<void> {
    await this.api.POST("/v1/password-resets/accept", { body: chosen });
  }

  askForReset(account: { organization: string; email: string }): Promise<{ by_email: boolean }> {
    return this.answered(this.api.POST("/v1/password-resets", { body: account }));
  }

  /**
   * `narrowed` leaves other technicians, and the work of other stores and groups, out; of the counts, too. `atMs` is a past
   * instant.
   */
  map(
    bbox = WHOLE_WORLD,
    narrowed: MapNarrowing = {},
    choices = false,
    atMs: number | null = null,
  ): Promise<MapSnapshot> {
    const { storeIds = [], groupId, skill } = narrowed;
    const query = {
      bbox: bbox.map((degrees) => degrees.toFixed(5)).join(","),
      ...(storeIds.length > 0 ? { store_id: [...storeIds] } : {}),
      ...(groupId ? { group_id: groupId } : {}),
      ...(skill ? { skill } : {}),
      ...(choices ? { choices } : {}),
      ...(atMs === null ? {} : { at: new Date(atMs).toISOString() }),
    };
    // The generated client widens the pairs of coordinates to lists.
    return this.answered(this.api.GET("/v1/map", { params: { query } })) as Promise<MapSnapshot>;
  }

  /** Every order that is not finished, page after page. */
  async openOrders(): Promise<WorkOrder[]> {
    const orders: WorkOrder[] = [];
    let cursor: string | undefined;
    do {
      const query = { state: OPEN, limit: 200, cursor };
      const page = await this.answered(this.api.GET("/v1/work-orders", { params: { query } }));
      orders.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return orders;
  }

  order(id: string): Promise<WorkOrder> {
    return this.answered(this.api.GET("/v1/work-orders/{id}", { params: { path: { id } } }));
  }

  /** `radius_m` and `rank_by` null: as the store has it. */
  nearest(
    workOrderId: string,
    limit: number,
    { radius_m = null, rank_by = null }: { radius_m?: number | null; rank_by?: RankBy | null } = {},
  ): Promise<Nearest> {
    const wide = radius_m === null ? {} : { radius_m };
    const ranked = rank_by === null ? {} : { rank_by };
    const body = { work_order_id: workOrderId, limit, ...ranked, ...wide };
    return this.answered(this.api.POST("/v1/technicians/nearest", { body }));
  }

  /** Who could have gone to an order at a past instant. */
  nearestThen(workOrderId: string, limit: number, atMs: number): Promise<Nearest> {
    const body = { work_order_id: workOrderId, limit, at: new Date(atMs).toISOString() };
    return this.answered(this.api.POST("/v1/technicians/nearest", { body }));
  }

  assign(
    order: WorkOrder,
    technicianId: string,
    mode: "offer" | "assign",
    collaboratorIds: string[] = [],
  ): Promise<WorkOrder> {
    const params = { path: { id: order.id }, header: ifMatch(order) };
    const along = collaboratorIds.length > 0 ? { collaborator_ids: collaboratorIds } : {};
    const body = { technician_id: technicianId, mode, ...along };
    return this.answered(this.api.POST("/v1/work-orders/{id}/assign", { params, body }));
  }

  /** From the technician who has it to another one. */
  reallocate(
    order: WorkOrder,
    technicianId: string,
    mode: "offer" | "assign",
    reason: string | null,
  ): Promise<WorkOrder> {
    const params = { path: { id: order.id }, header: ifMatch(order) };
    const body = { technician_id: technicianId, mode, reason, force: false };
    return this.answered(this.api.POST("/v1/work-orders/{id}/reallocate", { params, body }));
  }

  /** The next times at which the work could be done where it is, earliest first. */
  async freeSlots(order: WorkOrder, limit: number): Promise<FreeSlot[]> {
    const { store_id, group_id, skills, location, slot } = order;
    const duration_minutes = (Date.parse(slot.end) - Date.parse(slot.start)) / 60_000;
    const point = location && { lat: location.lat, lon: location.lon };
    const body = { store_id, group_id, skills: [...skills], point, duration_minutes, limit };
    return (await this.answered(this.api.POST("/v1/availability", { body }))).slots;
  }

  reschedule(order: WorkOrder, slot: { start: string; end: string }): Promise<WorkOrder> {
    const params = { path: { id: order.id }, header: ifMatch(order) };
    const body = { slot: { start: slot.start, end: slot.end } };
    return this.answered(this.api.PATCH("/v1/work-orders/{id}", { params, body }));
  }

  /** People by a part of the name. */
  async findPeople(words: string, limit: number): Promise<RosterLine[]> {
    const query = { q: words, limit };
    return (await this.answered(this.api.GET("/v1/technicians/roster", { params: { query } }))).items;
  }

  /** Where a technician was today. The look is logged. */
  track(technicianId: string): Promise<Track> {
    return this.answered(this.api.GET("/v1/technicians/{id}/track", { params: { path: { id: technicianId } } }));
  }

  unassign(order: WorkOrder): Promise<WorkOrder> {
    const params = { path: { id: order.id }, header: ifMatch(order) };
    return this.answered(this.api.POST("/v1/work-orders/{id}/unassign", { params }));
  }

  /** Take back what the user did last. */
  undo(): Promise<WorkOrder> {
    return this.answered(this.api.POST("/v1/undo"));
  }

  async history(workOrderId: string): Promise<HistoryEvent[]> {
    const params = { path: { id: workOrderId }, query: { limit: 200 } };
    return (await this.answered(this.api.GET("/v1/work-orders/{id}/events", { params }))).items;
  }

  /** Orders by words of number, customer, phone, address or device, finished ones too; that of the number first. */
  async findOrders(words: string, limit: number): Promise<WorkOrder[]> {
    const query = { q: words, limit, sort: "relevance" as const };
    return (await this.answered(this.api.GET("/v1/work-orders", { params: { query } }))).items;
  }

  locate(order: WorkOrder, change: { address: string } | { location: LatLon }): Promise<WorkOrder> {
    const params = { path: { id: order.id }, header: ifMatch(order) };
    return this.answered(this.api.PATCH("/v1/work-orders/{id}", { params, body: change }));
  }

  /** The body of a success: the guard has thrown everything else. */
  async answered<T>(call: Promise<{ data?: T }>): Promise<T> {
    return (await call).data as T;
  }

  private opened<T extends { csrf_token?: string | null }>(session: T): T {
    this.csrfToken = session.csrf_token ?? "";
    return session;
  }

  private guard(): Middleware {
    return {
      onRequest: ({ request }) => {
        if (!READS.has(request.method) && this.csrfToken) request.headers.set("X-CSRF-Token", this.csrfToken);
        return request;
      },
      onResponse: async ({ response }) => {
        if (!response.ok) throw await this.problem(response);
        // A log-in page of the network in between answers 200 to everything.
        if (response.headers.get("Content-Type")?.startsWith("text/html")) throw unreachable();
      },
      onError: ({ error }) => (error instanceof ApiProblem ? error : unreachable()),
    };
  }

  private async problem(response: Response): Promise<ApiProblem> {
    const body = (await response.json().catch(() => ({}))) as ProblemBody;
    if (response.status === 401) this.onUnauthorized();
    if (body.code === "second_factor_enrolment_required") this.onMustEnrol();
    return new ApiProblem(response.status, body);
  }
}
