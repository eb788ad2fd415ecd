/** The live stream: one connection for all tabs of a browser, resumed where it broke off. */

export interface LiveEvent {
  type: "technicians" | "work_orders" | "heartbeat" | "reset";
  /** The cursor after this event; a stream opened with it continues here. */
  id: string;
  data: unknown;
}

export type LiveState = "connecting" | "live" | "reconnecting" | "offline";

export const EVENT_TYPES: LiveEvent["type"][] = ["technicians", "work_orders", "heartbeat", "reset"];
/** The service sends something at least every 5 s; two missed beats and a bit are silence. */
export const SILENCE_MS = 12_000;
const WATCH_MS = 1_000;
const LONGEST_WAIT_MS = 30_000;

/** How long to wait before try number `attempt`; spread so that a restart is not met by all at once. */
export function retryDelay(attempt: number, random = Math.random()): number {
  return Math.min(LONGEST_WAIT_MS, 1000 * 2 ** attempt) * (0.5 + random / 2);
}

export interface Source {
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface Channel {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent) => void) | null;
  close(): void;
}

export interface Surroundings {
  openSource(url: string): Source;
  openChannel(): Channel | null;
  /** Runs `lead` once this tab is the one to hold the connection, until `signal` is aborted. */
  elect(lead: () => void, signal: AbortSignal): void;
  monotonic(): number;
}

/** `hello` is a new tab asking the one that holds the connection how it stands. */
type Message = { event: LiveEvent } | { state: LiveState } | { hello: true };

interface Handlers {
  onEvent(event: LiveEvent): void;
  onState(state: LiveState): void;
  /** Called when a connection was refused, for example because the session ended. */
  onRefused(): void;
}

/**
 * Events are held back from construction until `release`, so that nothing is lost between listening
 * and having read the snapshot they apply to.
 */
export class LiveStream {
  private held: LiveEvent[] | null = [];
  private cursor = "";
  private leading = false;
  private paused = false;
  private state: LiveState = "connecting";
  private source: Source | null = null;
  private attempt = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private lastHeardAt: number;
  private readonly stopped = new AbortController();
  private readonly watch: ReturnType<typeof setInterval>;
  private readonly channel: Channel | null;

  constructor(
    private readonly around: Surroundings,
    private readonly handlers: Handlers,
  ) {
    this.lastHeardAt = around.monotonic();
    this.channel = around.openChannel();
    if (this.channel) this.channel.onmessage = ({ data }) => this.hear(data as Message);
    this.channel?.postMessage({ hello: true });
    this.watch = setInterval(() => this.check(), WATCH_MS);
  }

  /** Hold events back again, for a new snapshot. */
  hold(): void {
    if (this.paused) this.held = [];
    this.paused = false;
    this.held ??= [];
  }

  /** Nothing is to move: events are let go until `hold`, and what was held with them. */
  pause(): void {
    this.paused = true;
    this.held = [];
  }

  /** The snapshot of `cursor` is in place: hand out what was held, and go on from there. */
  release(cursor: string): void {
    const first = this.cursor === "";
    this.cursor = cursor;
    const held = this.held ?? [];
    this.held = null;
    held.forEach((event) => this.handlers.onEvent(event));
    if (first) this.around.elect(() => this.lead(), this.stopped.signal);
    else if (this.leading) this.connect();
  }

  /** Look at the last heartbeat now: after sleep or in a tab that was hidden, timers are late. */
  check(): void {
    if (this.around.monotonic() - this.lastHeardAt < SILENCE_MS || this.state === "offline") return;
    this.become("reconnecting");
    if (this.leading && this.retry === undefined) this.reconnect();
  }

  /** The computer lost its network, or has it again: no need to wait for silence, or for the next try. */
  network(online: boolean): void {
    if (!online) {
      this.become("offline");
      return;
    }
    this.attempt = 0;
    if (this.state === "offline") this.become("reconnecting");
    if (this.leading) this.connect();
  }

  stop(): void {
    this.stopped.abort();
    clearInterval(this.watch);
    clearTimeout(this.retry);
    this.source?.close();
    this.channel?.close();
  }

  private lead(): void {
    this.leading = true;
    this.connect();
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    this.source?.close();
    const source = this.around.openSource(`/v1/live?cursor=${encodeURIComponent(this.cursor)}`);
    this.source = source;
    source.addEventListener("error", () => source === this.source && this.broken());
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        this.tell({ event: { type, id: lastEventId, data: JSON.parse(data || "{}") } });
      });
    }
  }

  private broken(): void {
    if (this.state !== "offline") this.tell({ state: "reconnecting" });
    this.handlers.onRefused();
    this.reconnect();
  }

  private reconnect(): void {
    this.source?.close();
    this.source = null;
    this.retry = setTimeout(() => this.connect(), retryDelay(this.attempt));
    this.attempt += 1;
  }

  private tell(message: Message): void {
    this.channel?.postMessage(message);
    this.hear(message);
  }

  private hear(message: Message): void {
    if ("event" in message) this.take(message.event);
    else if ("state" in message) this.become(message.state);
    else if (this.leading) this.channel?.postMessage({ state: this.state });
  }

  private become(state: LiveState): void {
    this.state = state;
    if (state === "live") this.lastHeardAt = this.around.monotonic();
    this.handlers.onState(state);
  }

  private take(event: LiveEvent): void {
    this.attempt = 0;
    if (event.id) this.cursor = event.id;
    this.become("live");
    // A heartbeat tells the time: held back, it would tell it late.
    if (this.paused && event.type !== "heartbeat") return;
    if (this.held && event.type !== "heartbeat") this.held.push(event);
    else this.handlers.onEvent(event);
  }
}
