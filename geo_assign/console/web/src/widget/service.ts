/** The calls of a booking page, and what went wrong in kinds that the visitor can do something about. */
import type { components } from "../api/document.gen";

type Schemas = components["schemas"];

export type Slot = Schemas["SlotAnswer"];
export type Store = Schemas["BookableStoreAnswer"];
export type Challenge = Schemas["ChallengeAnswer"];
export type Proof = Schemas["ProofBody"];
export type SlotsAnswer = Schemas["WidgetSlotsAnswer"];
export type Lead = Schemas["WidgetLeadBody"];
export type Booked = Schemas["WidgetLeadAnswer"];
type Problem = { code?: string; detail?: string; errors?: { pointer?: string; detail?: string }[] };

/**
 * Why a call came to nothing. `offline`: no answer; `busy`: too many calls, again after `afterS`; `full`: no more leads
 * today; `slot`: not free any more; `address`: not found; `proof`: solve another one; `input`: a member is wrong, said
 * in `detail`; `closed`: this page may not, or no more; `broken`: anything else.
 */
export type Trouble = "offline" | "busy" | "full" | "slot" | "address" | "proof" | "input" | "closed" | "broken";

export class Refusal extends Error {
  constructor(
    readonly trouble: Trouble,
    readonly detail = "",
    readonly afterS = 0,
    readonly pointer = "",
  ) {
    super(detail || trouble);
  }
}

const TROUBLES: Record<string, Trouble> = {
  slot_not_offered: "slot",
  address_not_found: "address",
  proof_refused: "proof",
  leads_per_day_reached: "full",
  quota_exceeded: "full",
  origin_not_allowed: "closed",
  inactive: "closed",
  overloaded: "busy",
};
const BY_STATUS: Record<number, Trouble> = { 401: "closed", 403: "closed", 422: "input", 429: "busy", 503: "busy" };
const PATIENCE_MS = 30_000;

/** Asks the service at `base` with a publishable key. */
export class Service {
  constructor(
    private readonly base: string,
    private readonly key: string,
  ) {}

  stores(): Promise<Store[]> {
    return this.call<Schemas["WidgetAnswer"]>("").then((answer) => answer.stores);
  }

  slots(body: Partial<Schemas["WidgetSlotsBody"]> & { store_id: string }): Promise<SlotsAnswer> {
    return this.call<SlotsAnswer>("/slots", body);
  }

  challenge(): Promise<Challenge> {
    return this.call<Challenge>("/challenges", {});
  }

  /** The same `attempt` twice makes one lead. */
  book(lead: Lead, attempt: string): Promise<Booked> {
    return this.call<Booked>("/leads", lead, { "Idempotency-Key": attempt });
  }

  /** Whether the service answers at all: its script may be loaded by any page. */
  async isThere(): Promise<boolean> {
    try {
      const sent: RequestInit = { method: "HEAD", credentials: "omit", cache: "no-store" };
      return (await fetch(`${this.base}/widget.js`, { ...sent, signal: AbortSignal.timeout(PATIENCE_MS) })).ok;
    } catch {
      return false;
    }
  }

  private async call<Told>(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Told> {
    const sent: RequestInit = { credentials: "omit", signal: AbortSignal.timeout(PATIENCE_MS) };
    if (body !== undefined) {
      sent.method = "POST";
      sent.headers = { "Content-Type": "application/json", ...headers };
      sent.body = JSON.stringify(body);
    }
    let answer: Response;
    let told: unknown;
    try {
      answer = await fetch(`${this.base}/v1/widget${path}?key=${encodeURIComponent(this.key)}`, sent);
      told = await answer.json();
    } catch {
      throw new Refusal("offline");
    }
    if (!answer.ok) throw refusalOf(answer, (told ?? {}) as Problem);
    return told as Told;
  }
}

function refusalOf(answer: Response, problem: Problem): Refusal {
  const [first] = problem.errors ?? [];
  const trouble = TROUBLES[problem.code ?? ""] ?? BY_STATUS[answer.status] ?? "broken";
  const afterS = Number(answer.headers.get("Retry-After")) || 1;
  return new Refusal(trouble, first?.detail ?? problem.detail ?? "", afterS, first?.pointer ?? "");
}
