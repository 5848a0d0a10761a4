import { MAX_TIME } from "../check/schemas.ts";
import { show } from "../check/validator.ts";
import { QueueError } from "../errors.ts";

/**
 * A time in whole epoch milliseconds, from a `Date` or a number.
 *
 * @throws QueueError `INVALID` naming the option.
 */
export function parseTime(time: unknown, name: string): number {
  const ms = time instanceof Date ? time.getTime() : time;
  if (typeof ms === "number" && ms >= 0 && ms <= MAX_TIME) return Math.ceil(ms);
  throw new QueueError("INVALID", `\`${name}\` must be a valid Date or epoch milliseconds, not ${show(time)}.`);
}
