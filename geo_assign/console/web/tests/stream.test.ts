import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Part } from "../src/live/parts";
import {
  ANSWERED_MS,
  type Channel,
  type LiveEvent,
  LiveStream,
  RESTS_MS,
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

describe("the part of the map that the stream is asked for", () => {
  const reviewed = () => vi.advanceTimersByTime(RESTS_MS + ANSWERED_MS);
  const town: Part = [-8.7, 41.1, -8.5, 41.2];
  const city: Part = [2.3, 48.8, 2.4, 48.9];

  /** Tabs that have begun, the first of which holds the connection. */
  function tabs(...needs: Part[]) {
    const browser = new Browser();
    const opened = needs.map((part) => {
      const tab = listen(browser);
      tab.stream.need(part);
      tab.stream.release("1");
      return tab;
    });
    reviewed();
    const box = () => /bbox=([^&]*)/.exec(browser.sources.at(-1)!.url)?.[1]?.split(",").map(Number) ?? null;
    const stop = () => opened.forEach(({ stream }) => stream.stop());
    return { browser, opened, box, stop };
  }

  it.each([
    [["all"], null],
    [["all", town], null],
    [["none"], [0, 0, 0, 0]],
    [
      ["none", town],
      [-8.8, 41.05, -8.4, 41.25],
    ],
    [
      [town, city],
      [-14.25, 37.2, 7.95, 52.8],
    ],
    [[[170, -20, -170, 0]], [-180, -30, 180, 10]],
  ] as [Part[], number[] | null][])("holds what all tabs need, with a margin (%#)", (needs, asked) => {
    const { box, stop } = tabs(...needs);
    expect(box()).toEqual(asked);
    stop();
  });

  it("is asked for anew when a view leaves it, once it rests, and not before", () => {
    const { browser, opened, box, stop } = tabs(town, "none");
    const before = browser.sources.length;
    opened[1]!.stream.need([-8.75, 41.12, -8.6, 41.18]);
    opened[0]!.stream.need([-8.65, 41.1, -8.45, 41.2]);
    reviewed();
    expect(browser.sources).toHaveLength(before);
    browser.sources.at(-1)!.send("technicians", "c9", { features: [], gone: [] });
    for (let step = 1; step <= 20; step++) {
      opened[1]!.stream.need([-8.7 + step / 10, 41.1, -8.5 + step / 10, 41.2]);
      vi.advanceTimersByTime(RESTS_MS - 10);
    }
    expect(browser.sources).toHaveLength(before);
    reviewed();
    expect(browser.sources).toHaveLength(before + 1);
    expect(browser.sources.at(-1)!.url).toContain("cursor=c9");
    expect(browser.sources.at(-2)!.closed).toBe(true);
    expect(box()![2]).toBeGreaterThan(-6.5);
    stop();
  });

  it("grows smaller when a map comes much nearer, or a tab with another part is closed", () => {
    const { browser, opened, box, stop } = tabs(town, city);
    opened[1]!.stream.stop();
    opened[0]!.stream.need([-8.66, 41.1, -8.5, 41.2]);
    reviewed();
    expect(box()).toEqual([-8.74, 41.05, -8.42, 41.25]);
    const before = browser.sources.length;
    opened[0]!.stream.need([-8.6, 41.1, -8.5, 41.2]);
    reviewed();
    expect(browser.sources).toHaveLength(before);
    opened[0]!.stream.need([-8.601, 41.15, -8.6, 41.151]);
    reviewed();
    expect(browser.sources).toHaveLength(before + 1);
    stop();
  });

  it("takes no technician away from a tab that looks elsewhere, and goes on where the next tab takes over", () => {
    const { browser, opened, box, stop } = tabs(town, town);
    opened[1]!.stream.need("all");
    browser.sources.at(-1)!.send("technicians", "2", { features: [], gone: ["rui"] });
    expect(opened.map(({ events }) => events.length)).toEqual([1, 0]);
    browser.sources.at(-1)!.send("work_orders", "3", { items: [] });
    expect(opened.map(({ events }) => events.length)).toEqual([2, 1]);
    reviewed();
    expect(box()).toBeNull();
    opened[0]!.stream.stop();
    opened[0]!.close();
    opened[1]!.stream.need(town);
    reviewed();
    expect(box()).toEqual([-8.8, 41.05, -8.4, 41.25]);
    expect(browser.sources.at(-1)!.url).toContain("cursor=3");
    stop();
  });

  it("waits for the next try while the connection is broken", () => {
    const { browser, opened, box, stop } = tabs(town);
    browser.sources.at(-1)!.send("error");
    const before = browser.sources.length;
    opened[0]!.stream.need(city);
    reviewed();
    expect(browser.sources).toHaveLength(before);
    vi.advanceTimersByTime(30_000);
    expect(box()).toEqual([2.25, 48.75, 2.45, 48.95]);
    stop();
  });
});
