import { Cron, type CronOptions } from "croner";
import { Type } from "typebox";
import { nearest } from "../check/nearest.ts";
import { show, validator } from "../check/validator.ts";
import { QueueError } from "../errors.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import { parseTime } from "../policy/time.ts";

/** From when on and until when a schedule ticks, both included: a `Date`, or epoch milliseconds. */
interface Span {
  readonly start?: Date | number;
  readonly end?: Date | number;
}

/**
 * When a schedule ticks: by a cron pattern of five fields, or six with seconds first, in a time zone (`UTC` when absent);
 * or at even intervals, counted from `start` if there is one, else from 1970, so that `"15m"` is at :00, :15, :30, :45.
 */
export type When =
  | (Span & { readonly cron: string; readonly tz?: string; readonly every?: undefined })
  | (Span & { readonly every: Duration; readonly cron?: undefined; readonly tz?: undefined });

/** When a schedule ticks, as it is stored: a checked `When` with its defaults, in milliseconds. */
export type Timetable = { readonly start?: number; readonly end?: number } & (
  | { readonly cron: string; readonly tz: string }
  | { readonly every: number }
);

/** The shortest interval of `every`, in milliseconds. */
export const SHORTEST_INTERVAL = 100;

const EXAMPLE = '{ cron: "0 3 * * *", tz: "Europe/Berlin" } or { every: "15m" }';

const Any = Type.Optional(Type.Unknown());
const validate = validator(
  Type.Object(
    { cron: Any, tz: Any, every: Any, start: Any, end: Any },
    { additionalProperties: false, description: EXAMPLE },
  ),
);

/** Checks a `When` and fills in its defaults. @throws QueueError `INVALID` naming what is wrong. */
export function checkWhen(when: When, subject: string): Timetable {
  validate(when, subject);
  const { cron, tz, every, start, end } = when;
  const span = {
    ...(start !== undefined && { start: parseTime(start, "start") }),
    ...(end !== undefined && { end: parseTime(end, "end") }),
  };
  if ((cron === undefined) === (every === undefined)) throw invalid(subject, `say when, by ${EXAMPLE}.`);
  if (span.start !== undefined && span.end !== undefined && span.end < span.start) {
    throw invalid(subject, "its `end` is before its `start`.");
  }
  if (every !== undefined) {
    if (tz !== undefined) throw invalid(subject, "`tz` goes with `cron`; leave it out.");
    return { every: checkInterval(every, subject), ...span };
  }
  const zone = checkTimeZone(tz ?? "UTC", subject);
  checkPattern(cron, zone, subject);
  return { cron: cron.trim(), tz: zone, ...span };
}

/**
 * Tells, for one timetable, the first tick after a time, or null when there is none. Pure: the same for the same time
 * wherever it is asked, so that all processes agree on every tick.
 */
export function tickerOf(when: Timetable): (after: number) => number | null {
  const { start = 0, end = Infinity } = when;
  const next = "cron" in when ? byPattern(when.cron, when.tz) : byInterval(when.every, start);
  return (after) => {
    const tick = next(Math.max(after, start - 1));
    return tick === null || tick > end ? null : tick;
  };
}

/** The last moment that a `Date` can hold. */
const LAST = 8_640_000_000_000_000;

function byInterval(every: number, origin: number): (after: number) => number | null {
  return (after) => {
    const tick = origin + (Math.floor((after - origin) / every) + 1) * every;
    return tick > LAST ? null : tick;
  };
}

function byPattern(pattern: string, timezone: string): (after: number) => number | null {
  const cron = parsed(pattern, timezone);
  return (after) => cron.nextRun(new Date(after))?.getTime() ?? null;
}

/**
 * `no-wildcard`: a pattern that names its hours and minutes ticks once for each of them, also where a change of the clocks
 * leaves one out or brings one twice, as Vixie cron does.
 */
const OPTIONS = { paused: true, mode: "5-or-6-parts", fixedTimeRule: "no-wildcard" } satisfies CronOptions;

function parsed(pattern: string, timezone: string): Cron {
  return new Cron(pattern, { ...OPTIONS, timezone });
}

function checkInterval(every: unknown, subject: string): number {
  const ms = parseDuration(every, "every");
  if (ms >= SHORTEST_INTERVAL) return ms;
  throw invalid(subject, `\`every\` must be at least ${SHORTEST_INTERVAL} ms, not ${show(every)}.`);
}

function checkTimeZone(tz: unknown, subject: string): string {
  if (typeof tz === "string" && isTimeZone(tz)) return tz;
  const similar = typeof tz === "string" ? nearest(tz, Intl.supportedValuesOf("timeZone")) : undefined;
  const hint = similar === undefined ? "" : ` Did you mean \`${similar}\`?`;
  throw invalid(subject, `\`tz\` must be a time zone such as "Europe/Berlin" or "UTC", not ${show(tz)}.${hint}`);
}

function isTimeZone(tz: string): boolean {
  try {
    Intl.DateTimeFormat("en", { timeZone: tz });
    return true;
  } catch {
    return false;
  }
}

function checkPattern(pattern: unknown, zone: string, subject: string): asserts pattern is string {
  const fields = typeof pattern === "string" ? pattern.trim().split(/\s+/).length : 0;
  // Croner would take a date too.
  if (typeof pattern !== "string" || (fields !== 5 && fields !== 6 && !/^\s*@[a-z]+\s*$/i.test(pattern))) {
    throw invalid(
      subject,
      `\`cron\` must have five fields (minute, hour, day of month, month, day of week), or six with seconds first, such as "0 3 * * *", not ${show(pattern)}.`,
    );
  }
  let first: Date | null;
  try {
    first = parsed(pattern, zone).nextRun(new Date(0));
  } catch (cause) {
    const reason = (cause as Error).message.replace(/^CronPattern: /, "").replace(/\.$/, "");
    throw new QueueError("INVALID", `${subject}: \`cron\` ${show(pattern)} is no pattern: ${reason}.`, { cause });
  }
  if (first === null) throw invalid(subject, `\`cron\` ${show(pattern)} never comes: there is no such date.`);
}

function invalid(subject: string, what: string): QueueError {
  return new QueueError("INVALID", `${subject}: ${what}`);
}
