/** Days and times as the visitor reads them, on the store's clocks. */
import type { Slot } from "./service";
import { dateIn, laterDate } from "./slots";
import type { Texts } from "./texts";

export class Times {
  private readonly clock: Intl.DateTimeFormat;
  private readonly day: Intl.DateTimeFormat;

  constructor(
    private readonly texts: Texts,
    language: string,
    readonly zone: string,
    private readonly now: () => Date = () => new Date(),
  ) {
    this.clock = new Intl.DateTimeFormat(language, {
      timeZone: zone,
      hour: "2-digit",
      minute: "2-digit",
      hourCycle: "h23",
    });
    // A date alone has no zone: noon in UTC is on that date for a format in UTC.
    this.day = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
      timeZone: "UTC",
      weekday: "short",
      day: "numeric",
      month: "short",
    });
  }

  today(): string {
    return dateIn(this.zone, this.now());
  }

  /** `Today, Tue 24 Nov`. */
  dayName(date: string): string {
    const day = this.day.format(new Date(`${date}T12:00:00Z`));
    if (date === this.today()) return this.texts.time.today(day);
    return date === laterDate(this.today(), 1) ? this.texts.time.tomorrow(day) : day;
  }

  /** `15:30–16:30`, which no line breaks. */
  span(slot: Slot): string {
    const [start, end] = [slot.start, slot.end].map((at) => this.clock.format(new Date(at)));
    return `${start}\u2060–\u2060${end}`;
  }

  /** `today 15:30–16:30`, or with the day. */
  full(slot: Slot): string {
    const [date, span] = [dateIn(this.zone, new Date(slot.start)), this.span(slot)];
    if (date === this.today()) return this.texts.time.todayAt(span);
    if (date === laterDate(this.today(), 1)) return this.texts.time.tomorrowAt(span);
    return `${this.dayName(date)} ${span}`;
  }

  /** The store's town, where its clocks differ from the visitor's. */
  foreignZone(): string | undefined {
    const now = this.now();
    const own = (zone?: string): string =>
      new Intl.DateTimeFormat("en", { timeZone: zone, dateStyle: "short", timeStyle: "short" }).format(now);
    return own() === own(this.zone) ? undefined : this.zone.split("/").at(-1)?.replaceAll("_", " ");
  }
}
