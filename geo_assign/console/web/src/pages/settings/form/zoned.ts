/** Between an instant and the wall time of a zone, as `<input type="datetime-local">` writes it. The viewer's own zone takes no part. */

/** `2026-11-30T09:00` in a zone, for an instant. */
export function wallTime(instant: string, zone: string): string {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? "" : wallAt(ms, zone);
}

/** The instant of a wall time, in UTC; of a repeated hour the first. Null for what is no time. A time that clocks skip moves on. */
export function instantOf(wall: string, zone: string): string | null {
  const asUtc = Date.parse(`${wall}Z`);
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(wall) || Number.isNaN(asUtc)) return null;
  const day = 86_400_000;
  const offsets = [offsetAt(asUtc - day, zone), offsetAt(asUtc + day, zone)];
  const tries = offsets.map((offset) => asUtc - offset).sort((one, other) => one - other);
  const exact = tries.find((ms) => wallAt(ms, zone) === wall);
  return new Date(exact ?? asUtc - (offsets[0] as number)).toISOString();
}

function wallAt(ms: number, zone: string): string {
  return new Date(ms + offsetAt(ms, zone)).toISOString().slice(0, 16);
}

/** How far a zone is ahead of UTC at an instant, in milliseconds. */
function offsetAt(ms: number, zone: string): number {
  const parts = formatOf(zone).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((each) => each.type === type)?.value);
  const shown = Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
  return shown - Math.floor(ms / 1000) * 1000;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const numeric = "numeric";
  const made = new Intl.DateTimeFormat("en-GB", {
    timeZone: zone,
    hourCycle: "h23",
    year: numeric,
    month: numeric,
    day: numeric,
    hour: numeric,
    minute: numeric,
    second: numeric,
  });
  formats.set(zone, made);
  return made;
}
