import { Cron } from "croner";

/** When a cron pattern is due. Instants are milliseconds since the epoch, on whole minutes. */
export interface Timetable {
  /** The first run strictly after the instant; null where the pattern never comes true (30 February). */
  next(after: number): number | null;
}

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

/**
 * The days and minutes are croner's; what happens when the clocks change is decided here. An hour of `*`, or of `*` with a step, follows
 * real time. Any other hour is a time on the wall: in the gap it runs at the first minute after it, in a repeated hour only
 * the first time.
 */
export function cronTimetable(pattern: string, timezone: string): Timetable {
  const offsetAt = offsets(timezone);
  // Read in UTC, where no clock changes, the pattern gives wall times.
  const wallTimes = new Cron(pattern.trim(), { timezone: "UTC", paused: true, mode: "5-part" });
  const nextWall = (after: number): number | null => wallTimes.nextRun(new Date(after))?.getTime() ?? null;
  const next = followsRealTime(pattern) ? nextInRealTime : nextOnTheWall;
  return { next: (after) => next(after, nextWall, offsetAt) };
}

/** `TZ` as POSIX allows it, where it names a zone; else UTC. */
export function timezoneFrom(variable: string | undefined): string {
  const name = variable?.replace(/^:/, "") || "UTC";
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return name;
  } catch {
    return "UTC";
  }
}

type NextWall = (after: number) => number | null;
/** Wall time minus UTC at an instant, in milliseconds. */
type OffsetAt = (instant: number) => number;

function followsRealTime(pattern: string): boolean {
  const [first, hour] = pattern.trim().split(/\s+/);
  return first?.toLowerCase() === "@hourly" || /^[*?](\/\d+)?$/.test(hour ?? "");
}

function nextInRealTime(after: number, nextWall: NextWall, offsetAt: OffsetAt): number | null {
  const offset = offsetAt(after);
  const wall = nextWall(after + offset);
  if (wall === null) return null;
  const candidate = wall - offset;
  if (offsetAt(candidate) === offset) return candidate;
  // The clocks change before it: from there on other minutes match.
  const change = changeBetween(after, candidate, offsetAt);
  return nextInRealTime(change - 1, nextWall, (at) => offsetAt(Math.max(at, change)));
}

function nextOnTheWall(after: number, nextWall: NextWall, offsetAt: OffsetAt): number | null {
  let wall = nextWall(after + offsetAt(after));
  while (wall !== null) {
    const instant = instantOf(wall, offsetAt);
    if (instant > after) return instant;
    wall = nextWall(wall);
  }
  return null;
}

/** The first instant at which a wall clock shows this time; in the gap, the end of the gap. */
function instantOf(wall: number, offsetAt: OffsetAt): number {
  const around = [offsetAt(wall - DAY), offsetAt(wall + DAY)];
  const shown = around.map((offset) => wall - offset).filter((instant) => instant + offsetAt(instant) === wall);
  if (shown.length > 0) return Math.min(...shown);
  const candidates = around.map((offset) => wall - offset);
  return changeBetween(Math.min(...candidates), Math.max(...candidates), offsetAt);
}

/** The first minute that has another offset than `before`; of several changes one of them. */
function changeBetween(before: number, after: number, offsetAt: OffsetAt): number {
  const old = offsetAt(before);
  let [low, high] = [Math.floor(before / MINUTE), Math.ceil(after / MINUTE)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle * MINUTE) === old) low = middle;
    else high = middle;
  }
  return high * MINUTE;
}

function offsets(timezone: string): OffsetAt {
  const parts = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" } as const;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: timezone, hourCycle: "h23", ...parts });
  return (instant) => {
    const shown = new Map(format.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
    const [year, month, day, hour, minute, second] = (Object.keys(parts) as (keyof typeof parts)[]).map((type) => shown.get(type) ?? 0);
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
  };
}
