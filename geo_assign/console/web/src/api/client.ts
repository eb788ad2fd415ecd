import type {
  Config,
  Enrolment,
  LatLon,
  LinkOwner,
  LogInWays,
  MapSnapshot,
  Me,
  Nearest,
  OpenedSession,
  Page,
  ProblemBody,
  RecoveryCodes,
  SecondFactor,
  WorkOrder,
} from "./types";

/** What the service answered instead of what was asked for. `status` 0: it did not answer. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly body: ProblemBody,
  ) {
    super(body.detail || body.title || `The service answered ${status}.`);
  }

  get code(): string {
    return this.body.code ?? "";
  }
}

interface Call {
  method?: "GET" | "POST" | "PATCH" | "DELETE";
  body?: unknown;
  version?: number;
}

export interface LogIn {
  organization: string;
  email: string;
  password: string;
  /** Of an authenticator app, or a recovery code, once the service asks for it. */
  code?: string;
}

const WHOLE_WORLD: [number, number, number, number] = [-180, -90, 180, 90];

/** One method per call; every one throws `ApiProblem` and nothing else. */
export class Client {
  csrfToken = "";
  onUnauthorized: () => void = () => {};
  /** The session is good for switching a second factor on, and for nothing else until that is done. */
  onMustEnrol: () => void = () => {};

  config(): Promise<Config> {
    return this.call("/console/config.json");
  }

  async me(): Promise<Me> {
    const me = await this.call<Me>("/v1/me");
    this.csrfToken = me.csrf_token ?? "";
    return me;
  }

  async logIn(entered: LogIn): Promise<OpenedSession> {
    const opened = await this.call<OpenedSession>("/v1/sessions", { method: "POST", body: { ...entered, cookie: true } });
    this.csrfToken = opened.csrf_token ?? "";
    return opened;
  }

  logInWays(organization: string): Promise<LogInWays> {
    return this.call(`/v1/log-in-ways/${encodeURIComponent(organization)}`);
  }

  async secondFactor(): Promise<SecondFactor> {
    const factor = await this.call<SecondFactor>("/v1/me/second-factor");
    this.csrfToken = factor.csrf_token ?? "";
    return factor;
  }

  beginSecondFactor(): Promise<Enrolment> {
    return this.call("/v1/me/second-factor", { method: "POST" });
  }

  confirmSecondFactor(code: string): Promise<RecoveryCodes> {
    return this.call("/v1/me/second-factor/confirm", { method: "POST", body: { code } });
  }

  async logOut(): Promise<void> {
    await this.call("/v1/sessions/current", { method: "DELETE" });
  }

  lookAtLink(token: string): Promise<LinkOwner> {
    return this.call("/v1/one-time-links/look", { method: "POST", body: { token } });
  }

  /** Logs this browser in. */
  async acceptInvitation(chosen: { token: string; password: string; name: string; device?: string }): Promise<void> {
    const opened = await this.call<{ csrf_token: string | null }>("/v1/invitations/accept", {
      method: "POST",
      body: { ...chosen, cookie: true },
    });
    this.csrfToken = opened.csrf_token ?? "";
  }

  async acceptReset(chosen: { token: string; password: string }): Promise<void> {
    await this.call("/v1/password-resets/accept", { method: "POST", body: chosen });
  }

  askForReset(account: { organization: string; email: string }): Promise<{ by_email: boolean }> {
    return this.call("/v1/password-resets", { method: "POST", body: account });
  }

  map(bbox = WHOLE_WORLD): Promise<MapSnapshot> {
    return this.call(`/v1/map?bbox=${bbox.map((degrees) => degrees.toFixed(5)).join(",")}`);
  }

  /** Every order that is not finished, page after page. */
  async openOrders(): Promise<WorkOrder[]> {
    const orders: WorkOrder[] = [];
    let cursor: string | null = "";
    while (cursor !== null) {
      const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
      const page: Page<WorkOrder> = await this.call(
        `/v1/work-orders?state=new,pending,offered,assigned&limit=200${query}`,
      );
      orders.push(...page.items);
      cursor = page.next_cursor;
    }
    return orders;
  }

  order(id: string): Promise<WorkOrder> {
    return this.call(`/v1/work-orders/${encodeURIComponent(id)}`);
  }

  nearest(workOrderId: string, limit: number): Promise<Nearest> {
    return this.call("/v1/technicians/nearest", {
      method: "POST",
      body: { work_order_id: workOrderId, limit, rank_by: "distance" },
    });
  }

  assign(order: WorkOrder, technicianId: string, mode: "offer" | "assign"): Promise<WorkOrder> {
    return this.call(`/v1/work-orders/${encodeURIComponent(order.id)}/assign`, {
      method: "POST",
      body: { technician_id: technicianId, mode },
      version: order.version,
    });
  }

  locate(order: WorkOrder, change: { address: string } | { location: LatLon }): Promise<WorkOrder> {
    return this.call(`/v1/work-orders/${encodeURIComponent(order.id)}`, {
      method: "PATCH",
      body: change,
      version: order.version,
    });
  }

  private async call<T>(path: string, { method = "GET", body, version }: Call = {}): Promise<T> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (method !== "GET" && this.csrfToken) headers["X-CSRF-Token"] = this.csrfToken;
    if (version !== undefined) headers["If-Match"] = `"${version}"`;
    const init = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
    const response = await fetch(path, init).catch(() => {
      throw new ApiProblem(0, { code: "unreachable", detail: "The service cannot be reached." });
    });
    if (!response.ok) throw await this.problem(response);
    if (response.status === 204) return undefined as T;
    return (await response.json()) as T;
  }

  private async problem(response: Response): Promise<ApiProblem> {
    const body = (await response.json().catch(() => ({}))) as ProblemBody;
    if (response.status === 401) this.onUnauthorized();
    if (body.code === "second_factor_enrolment_required") this.onMustEnrol();
    return new ApiProblem(response.status, body);
  }
}
