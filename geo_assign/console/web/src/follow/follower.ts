/** Asks the service how the visit stands, again and again while the page is seen. */
import { signal } from "@preact/signals";
import type { Followed } from "../api/types";

export type Ending = "over" | "not_found";

const RETRY_S = 15;
const PATIENCE_MS = 10_000;

export class Follower {
  readonly seen = signal<Followed | null>(null);
  readonly ending = signal<Ending | null>(null);
  readonly offline = signal(false);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly token: string) {}

  start(): void {
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.ending.value === null) void this.look();
    });
    void this.look();
  }

  private async look(): Promise<void> {
    clearTimeout(this.timer);
    let next_s = RETRY_S;
    try {
      const answer = await fetch("/v1/customer-links/open", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ token: this.token }),
        signal: AbortSignal.timeout(PATIENCE_MS),
      });
      if (answer.ok) {
        this.seen.value = (await answer.json()) as Followed;
        this.offline.value = false;
        next_s = this.seen.value.next_look_s;
      } else if (answer.status === 404 || answer.status === 410) {
        this.ending.value = answer.status === 410 ? "over" : "not_found";
        return;
      } else {
        this.offline.value = true;
      }
    } catch {
      this.offline.value = true;
    }
    // A hidden page asks nothing: it looks again when it is seen.
    if (!document.hidden) this.timer = setTimeout(() => void this.look(), next_s * 1000);
  }
}
