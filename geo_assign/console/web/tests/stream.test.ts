import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type Channel,
  type LiveEvent,
  LiveStream,
  retryDelay,
  SILENCE_MS,
  type Source,
  type Surroundings,
} from "../src/live/stream";

class FakeSource implements Source {
  closed = false;
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();

  constructor(readonly url: string) {}

  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener);
  }

  close(): void {
    this.closed = true;
  }

  send(type: string, id = "", data: unknown = {}): void {
    this.listeners.get(type)?.({ data: JSON.stringify(data), lastEventId: id } as MessageEvent<string>);
  }
}

/** A browser with tabs: one connection holder at a time, and a channel between them. */
class Browser {
  sources: FakeSource[] = [];
  clock = 0;
  private readonly channels: Channel[] = [];
  private readonly waiting: (() => void)[] = [];
  private held = false;

  tab(): { around: Surroundings; close: () => void } {
    const around: Surroundings = {
      openSource: (url) => {
        const source = new FakeSource(url);
        this.sources.push(source);
        return source;
      },
      openChannel: () => this.channel(),
      elect: (lead) => this.elect(lead),
      monotonic: () => this.clock,
    };
    return { around, close: () => this.next() };
  }

  private channel(): Channel {
    const own: Channel = {
      onmessage: null,
      close: () => this.channels.splice(this.channels.indexOf(own), 1),
      postMessage: (data) =>
        this.channels.filter((each) => each !== own).forEach((each) => each.onmessage?.({ data } as MessageEvent)),
    };
    this.channels.push(own);
    return own;
  }

  private elect(lead: () => void): void {
    if (this.held) this.waiting.push(lead);
    else {
      this.held = true;
      lead();
    }
  }

  private next(): void {
    this.held = false;
    const lead = this.waiting.shift();
    if (lead) this.elect(lead);
  }
}

function listen(browser: Browser) {
  const events: LiveEvent[] = [];
  const states: string[] = [];
  const { around, close } = browser.tab();
  const stream = new LiveStream(around, {
    onEvent: (event) => events.push(event),
    onState: (state) => states.push(state),
    onRefused: () => states.push("asked"),
  });
  return { stream, events, states, close };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the live stream", () => {
  it("starts at the snapshot's cursor and goes on from the last event after a break", () => {
    const browser = new Browser();
    const { stream, events, states } = listen(browser);
    stream.release("c 7");
    expect(browser.sources[0]!.url).toBe("/v1/live?cursor=c%207");
    browser.sources[0]!.send("technicians", "c9", { features: [] });
    browser.sources[0]!.send("error");
    expect(states.at(-1)).toBe("asked");
    vi.advanceTimersByTime(30_000);
    expect(browser.sources[1]!.url).toBe("/v1/live?cursor=c9");
    expect(browser.sources[0]!.closed).toBe(true);
    expect(events.map(({ id }) => id)).toEqual(["c9"]);
    stream.stop();
  });

  it("holds events back until the snapshot is in place, but tells the time at once", () => {
    const browser = new Browser();
    const first = listen(browser);
    first.stream.release("1");
    first.stream.hold();
    browser.sources[0]!.send("work_orders", "2", { items: [] });
    browser.sources[0]!.send("heartbeat", "2", { server_now: "now" });
    expect(first.events.map(({ type }) => type)).toEqual(["heartbeat"]);
    first.stream.release("1");
    expect(first.events.map(({ type }) => type)).toEqual(["heartbeat", "work_orders"]);
    first.stream.stop();
  });

  it("lets events go while nothing is to move, and begins anew with the next snapshot", () => {
    const browser = new Browser();
    const { stream, events } = listen(browser);
    stream.release("1");
    stream.pause();
    for (let number = 2; number < 50; number++) browser.sources[0]!.send("technicians", String(number), {});
    browser.sources[0]!.send("heartbeat", "50", { server_now: "now" });
    expect(events.map(({ type }) => type)).toEqual(["heartbeat"]);
    stream.hold();
    browser.sources[0]!.send("technicians", "51", {});
    stream.release("50");
    expect(events.map(({ id }) => id)).toEqual(["50", "51"]);
    stream.stop();
  });

  it("is one for all tabs, and the next tab takes over where the first left off", () => {
    const browser = new Browser();
    const first = listen(browser);
    const second = listen(browser);
    first.stream.release("1");
    second.stream.release("1");
    expect(browser.sources).toHaveLength(1);
    // Not live by being open: by being heard.
    browser.sources[0]!.send("open");
    expect(listen(browser).states).toEqual(["connecting"]);
    browser.sources[0]!.send("heartbeat");
    expect(listen(browser).states).toEqual(["live"]);
    browser.sources[0]!.send("technicians", "5");
    expect(second.events.filter(({ type }) => type === "technicians")).toHaveLength(1);
    first.stream.stop();
    first.close();
    expect(browser.sources[1]!.url).toBe("/v1/live?cursor=5");
    second.stream.stop();
  });

  it("notices silence, says so and connects again", () => {
    const browser = new Browser();
    const { stream, states } = listen(browser);
    stream.release("1");
    browser.sources[0]!.send("heartbeat");
    expect(states.at(-1)).toBe("live");
    browser.clock += SILENCE_MS;
    stream.check();
    expect(states.at(-1)).toBe("reconnecting");
    vi.advanceTimersByTime(2_000);
    expect(browser.sources).toHaveLength(2);
    stream.stop();
  });

  it("says at once that there is no network, and connects at once when there is one", () => {
    const browser = new Browser();
    const { stream, states } = listen(browser);
    stream.release("1");
    browser.sources[0]!.send("heartbeat", "3");
    stream.network(false);
    browser.sources[0]!.send("error");
    browser.clock += SILENCE_MS;
    stream.check();
    expect(states.filter((state) => state !== "asked").at(-1)).toBe("offline");
    stream.network(true);
    expect(browser.sources.at(-1)!.url).toBe("/v1/live?cursor=3");
    expect(states.at(-1)).toBe("reconnecting");
    browser.sources.at(-1)!.send("heartbeat");
    expect(states.at(-1)).toBe("live");
    stream.stop();
  });

  it("waits longer after each failure, and never all at once", () => {
    expect(retryDelay(0, 0)).toBe(500);
    expect(retryDelay(0, 1)).toBe(1000);
    expect(retryDelay(20, 1)).toBe(30_000);
  });
});
