/** The calls of a technician's app, by the names that the app uses. Each throws ApiProblem and nothing else. */
import { ApiProblem, type Client } from "../../api/client";
import type { Fix } from "../positions/fix";
import type { Answered } from "../positions/sender";
import type { Silence } from "../positions/silence";
import type { WorkOrder } from "../today/day";
import type { Update } from "../updates/update";
import type { Completion, Facts, Look, Me, Offers, OwnSession, Presence, Schedule, Schemas } from "./types";

/** What was answered, and its version for `If-None-Match`; null where nothing is new. */
export type Tagged<T> = { answer: T; etag: string | null } | null;

const WAIT_S = 25;
const DONE_LIMIT = 50;
const LOOKS_LIMIT = 100;
const PATIENCE_MS = 20_000;

export class Calls {
  /** Called after each answer, and after each call that got none. */
  onReached: (reached: boolean) => void = () => {};

  constructor(readonly client: Client) {}

  me(): Promise<Me> {
    return this.heard(this.client.me() as Promise<Me>);
  }

  facts(etag: string | null): Promise<Tagged<Facts>> {
    const call = this.client.api.GET("/v1/me/app", { headers: ifNew(etag), signal: patience() });
    return this.tagged(call as Promise<Fetched<Facts>>);
  }

  presence(): Promise<Schemas["PresenceNowAnswer"]> {
    return this.body(this.client.api.GET("/v1/me/presence", { signal: patience() }));
  }

  /** `keepalive`: also from a page that is about to be stopped. */
  setDuty(on_duty: boolean, state: Silence | null = null): Promise<Presence> {
    const body = { on_duty, state };
    return this.write(() => this.client.api.PUT("/v1/me/presence", { body, signal: patience(), keepalive: true }));
  }

  /** Waits for what `etag` does not know, where `wait`. */
  offers(etag: string | null, wait: boolean, signal: AbortSignal): Promise<Tagged<Offers>> {
    const params = { query: wait ? { wait_s: WAIT_S } : {} };
    const call = this.client.api.GET("/v1/me/offers", { params, headers: ifNew(etag), signal });
    return this.tagged(call as Promise<Fetched<Offers>>, signal);
  }

  schedule(etag: string | null, wait: boolean, signal: AbortSignal): Promise<Tagged<Schedule>> {
    const params = { query: { limit: 200, ...(wait ? { wait_s: WAIT_S } : {}) } };
    const call = this.client.api.GET("/v1/me/schedule", { params, headers: ifNew(etag), signal });
    return this.tagged(call as Promise<Fetched<Schedule>>, signal);
  }

  /** Work that was completed since then, newest first. */
  async doneSince(since: string): Promise<WorkOrder[]> {
    const query = { state: ["completed" as const], updated_since: since, limit: DONE_LIMIT };
    return (await this.body(this.client.api.GET("/v1/work-orders", { params: { query }, signal: patience() }))).items;
  }

  async accept(id: string): Promise<void> {
    const params = { path: { id } };
    await this.write(() => this.client.api.POST("/v1/offers/{id}/accept", { params, signal: patience() }));
  }

  async reject(id: string, reason: Schemas["RejectBody"]["reason"], note: string | null): Promise<void> {
    const body = { reason, note };
    const params = { path: { id } };
    await this.write(() => this.client.api.POST("/v1/offers/{id}/reject", { params, body, signal: patience() }));
  }

  sendPositions(positions: Omit<Fix, "owner">[]): Promise<Answered> {
    const body = { positions };
    return this.write(() => this.client.api.POST("/v1/positions", { body, signal: patience() })) as Promise<Answered>;
  }

  async sendUpdate(update: Update): Promise<void> {
    switch (update.kind) {
      case "off_duty":
        await this.setDuty(false);
        return;
      case "status":
        return this.sendStep(update);
      case "photo":
        return this.putImage(`${update.work_order_id}/photos/${update.id}`, update);
      case "signature":
        return this.putImage(`${update.work_order_id}/signature`, update);
      case "photo_removed":
        return this.removePhoto(update);
    }
  }

  completion(id: string): Promise<Completion> {
    return this.body(
      this.client.api.GET("/v1/work-orders/{id}/completion", { params: { path: { id } }, signal: patience() }),
    );
  }

  async looks(): Promise<Look[]> {
    const params = { query: { limit: LOOKS_LIMIT } };
    return (await this.body(this.client.api.GET("/v1/me/location-views", { params, signal: patience() }))).items;
  }

  async sessions(): Promise<OwnSession[]> {
    return (await this.body(this.client.api.GET("/v1/sessions", { signal: patience() }))).items;
  }

  async endSession(id: string): Promise<void> {
    const params = { path: { id } };
    await this.write(() => this.client.api.DELETE("/v1/sessions/{id}", { params, signal: patience() }));
  }

  async subscribePush(id: string, subscription: PushSubscriptionJSON): Promise<void> {
    const { endpoint = "", keys = {} } = subscription;
    const body = { endpoint, keys: { p256dh: keys.p256dh ?? "", auth: keys.auth ?? "" } };
    const params = { path: { id } };
    await this.write(() => this.client.api.PUT("/v1/me/push-subscriptions/{id}", { params, body, signal: patience() }));
  }

  async unsubscribePush(id: string): Promise<void> {
    const params = { path: { id } };
    await this.write(() => this.client.api.DELETE("/v1/me/push-subscriptions/{id}", { params, signal: patience() }));
  }

  private async sendStep(update: Update & { kind: "status" }): Promise<void> {
    const params = { path: { id: update.work_order_id } };
    const body = { status: update.step, note: update.note };
    await this.write(() => this.client.api.POST("/v1/work-orders/{id}/status", { params, body, signal: patience() }));
  }

  /** A photo that is gone already is as it should be. */
  private async removePhoto(update: Update & { kind: "photo_removed" }): Promise<void> {
    const params = { path: { id: update.work_order_id, photo_id: update.photo_id } };
    const path = "/v1/work-orders/{id}/photos/{photo_id}";
    await this.write(() => this.client.api.DELETE(path, { params, signal: patience() })).catch((error: unknown) => {
      if (!(error instanceof ApiProblem) || error.code !== "not_found") throw error;
    });
  }

  /** Bytes, which the typed client takes for a text. */
  private async putImage(
    path: string,
    { image, media_type }: { image: ArrayBuffer; media_type: string },
  ): Promise<void> {
    await this.write(async () => {
      const headers = { "Content-Type": media_type, "X-CSRF-Token": this.client.csrfToken };
      const response = await fetch(`/v1/work-orders/${path}`, { method: "PUT", headers, body: image }).catch(() => {
        throw new ApiProblem(0, { code: "unreachable" });
      });
      if (response.ok) return {};
      throw new ApiProblem(response.status, await response.json().catch(() => ({})));
    });
  }

  /** A change wants the token of the session, which a page that was opened without a network does not have yet. */
  private async write<T>(call: () => Promise<{ data?: T }>): Promise<T> {
    if (this.client.csrfToken === "") await this.heard(this.client.me());
    try {
      return await this.body(call());
    } catch (error) {
      if (!(error instanceof ApiProblem) || error.code !== "csrf_token_wrong") throw error;
      await this.heard(this.client.me());
      return this.body(call());
    }
  }

  private async body<T>(call: Promise<{ data?: T }>): Promise<T> {
    return (await this.heard(call)).data as T;
  }

  private async tagged<T>(call: Promise<Fetched<T>>, waiting: AbortSignal | null = null): Promise<Tagged<T>> {
    try {
      const { data, response } = await this.heard(call, waiting);
      return { answer: data as T, etag: response.headers.get("ETag") };
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 304) return null;
      throw error;
    }
  }

  /** `waiting`: of a call that the app itself may break off, which says nothing of the network. */
  private async heard<T>(call: Promise<T>, waiting: AbortSignal | null = null): Promise<T> {
    try {
      const answered = await call;
      this.onReached(true);
      return answered;
    } catch (error) {
      // An answer that is broken off in the middle is none, however the browser says it.
      const problem = error instanceof ApiProblem ? error : new ApiProblem(0, { code: "unreachable" });
      if (!waiting?.aborted) this.onReached(problem.status !== 0);
      throw problem;
    }
  }
}

interface Fetched<T> {
  data?: T;
  response: Response;
}

const ifNew = (etag: string | null): Record<string, string> => (etag === null ? {} : { "If-None-Match": etag });
const patience = (): AbortSignal => AbortSignal.timeout(PATIENCE_MS);
