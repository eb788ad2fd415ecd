/** The live stream: one connection for all tabs of a browser, resumed where it broke off. */
import { covers, isOutgrown, liveAddress, type Part, unionOf, withMargin } from "./parts";

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
/** A map that is being moved is asked about when it rests. */
export const RESTS_MS = 300;
/** Within so long the other tabs say what they need. */
export const ANSWERED_MS = 150;

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

/**
 * `hello` is a new tab asking the one that holds the connection how it stands; `rollCall` is that one asking all tabs what
 * they need, which they answer, and say whenever it changes, with `needs`. An event tells which part it was asked for.
 */
type Message =
  | { event: LiveEvent; of: Part }
  | { state: LiveState }
  | { hello: true }
  | { rollCall: true }
  | { needs: Part };

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
  /** Which moves this tab needs, and which the connection was asked for. */
  private needs: Part = "all";
  private asked: Part = "all";
  /** What the tabs have answered to the roll call; null while there is none. */
  private answers: Part[] | null = null;
  private review: ReturnType<typeof setTimeout> | undefined;
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

  /** Of the moves this tab needs these: what the connection is asked for follows, when the map rests. */
  need(part: Part): void {
    if (String(part) === String(this.needs)) return;
    this.needs = part;
    if (this.leading) this.reviewSoon();
    else this.channel?.postMessage({ needs: part });
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
    clearTimeout(this.review);
    this.source?.close();
    this.channel?.close();
  }

  private lead(): void {
    this.leading = true;
    this.asked = withMargin(this.needs);
    this.connect();
    this.reviewSoon();
  }

  private reviewSoon(): void {
    this.answers = null;
    clearTimeout(this.review);
    this.review = setTimeout(() => this.callRoll(), RESTS_MS);
  }

  /** Ask each tab: so nothing has to be known of those that were closed meanwhile. */
  private callRoll(): void {
    this.answers = [];
    this.channel?.postMessage({ rollCall: true });
    this.review = setTimeout(() => this.askAnew(), ANSWERED_MS);
  }

  private askAnew(): void {
    const needed = unionOf([this.needs, ...(this.answers ?? [])]);
    this.answers = null;
    if (!isOutgrown(this.asked, needed)) return;
    this.asked = withMargin(needed);
    // One that waits for its next try asks for it then.
    if (this.source) this.connect();
  }

  private connect(): void {
    clearTimeout(this.retry);
    this.retry = undefined;
    this.source?.close();
    const of = this.asked;
    const source = this.around.openSource(liveAddress(this.cursor, of));
    this.source = source;
    source.addEventListener("error", () => source === this.source && this.broken());
    for (const type of EVENT_TYPES) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        this.tell({ event: { type, id: lastEventId, data: JSON.parse(data || "{}") }, of });
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
    if ("event" in message) this.take(message.event, message.of);
    else if ("state" in message) this.become(message.state);
    else if ("rollCall" in message) this.channel?.postMessage({ needs: this.needs });
    else if (this.leading) this.answer(message);
  }

  private answer(message: { hello: true } | { needs: Part }): void {
    if ("hello" in message) this.channel?.postMessage({ state: this.state });
    else if (this.answers) this.answers.push(message.needs);
    else this.reviewSoon();
  }

  private become(state: LiveState): void {
    this.state = state;
    if (state === "live") this.lastHeardAt = this.around.monotonic();
    this.handlers.onState(state);
  }

  private take(event: LiveEvent, of: Part): void {
    this.attempt = 0;
    if (event.id) this.cursor = event.id;
    this.become("live");
    // Told to a tab that looks elsewhere: whom it calls gone may be in view here. What was missed is told when it is asked anew.
    if (event.type === "technicians" && !covers(of, this.needs)) return;
    // A heartbeat tells the time: held back, it would tell it late.
    if (this.paused && event.type !== "heartbeat") return;
    if (this.held && event.type !== "heartbeat") this.held.push(event);
    else this.handlers.onEvent(event);
  }
}
