import { signal } from "@preact/signals";
import { ApiProblem, type Client, type LogIn } from "../api/client";
import type { Config, Me } from "../api/types";

const LAST_ORGANIZATION = "geo-assign-organization";

/** Who is logged in. `me` is undefined until known, null when no user is. */
export class Session {
  readonly me = signal<Me | null | undefined>(undefined);
  readonly config = signal<Config>({ tiles: null, basemap_url: null, version: "", first_step: null });
  readonly problem = signal<string | null>(null);
  readonly busy = signal(false);

  constructor(readonly client: Client) {
    client.onUnauthorized = () => {
      if (this.me.value) this.problem.value = "Your session has ended. Please log in again.";
      this.me.value = null;
    };
  }

  async start(): Promise<void> {
    const [config, me] = await Promise.allSettled([this.client.config(), this.client.me()]);
    if (config.status === "fulfilled") this.config.value = config.value;
    if (me.status === "fulfilled") {
      this.me.value = me.value;
      return;
    }
    this.me.value = null;
    const { reason } = me as PromiseRejectedResult;
    if (reason instanceof ApiProblem && reason.status !== 401) this.problem.value = reason.message;
  }

  async logIn(entered: LogIn): Promise<void> {
    this.busy.value = true;
    this.problem.value = null;
    try {
      await this.client.logIn(entered);
      localStorage.setItem(LAST_ORGANIZATION, entered.organization);
      this.me.value = await this.client.me();
    } catch (error) {
      this.problem.value = logInProblem(error);
    } finally {
      this.busy.value = false;
    }
  }

  async logOut(): Promise<void> {
    await this.client.logOut().catch(() => undefined);
    this.problem.value = null;
    this.me.value = null;
  }

  /** The organization entered last on this computer; most people have one. */
  get lastOrganization(): string {
    return localStorage.getItem(LAST_ORGANIZATION) ?? "";
  }
}

function logInProblem(error: unknown): string {
  if (!(error instanceof ApiProblem)) throw error;
  if (error.status === 401) return "Organization, e-mail or password is not right.";
  if (error.status === 429) return "Too many tries; wait a minute and try again.";
  return error.message;
}
