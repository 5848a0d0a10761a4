import { QueueError } from "../errors.ts";
import { MAX_TIME } from "../check/schemas.ts";
import { show } from "../check/validator.ts";

/** Milliseconds, or text such as `250ms`, `30s`, `5m`, `1.5h`, `7d`. */
export type Duration = number | string;

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * A duration in whole milliseconds.
 *
 * @throws QueueError `INVALID` naming the option.
 */
export function parseDuration(duration: unknown, name: string): number {
  const ms = typeof duration === "string" ? fromText(duration) : duration;
  if (typeof ms === "number" && ms >= 0 && ms <= MAX_TIME) return Math.round(ms);
  if (typeof ms === "number" && ms > MAX_TIME)
    throw new QueueError("INVALID", `\`${name}\` must be at most ${MAX_TIME} milliseconds, not ${show(duration)}.`);
  throw new QueueError(
    "INVALID",
    `\`${name}\` must be milliseconds or a duration such as "250ms", "30s", "5m", "2h" or "1d", not ${show(duration)}.`,
  );
}

function fromText(text: string): number | undefined {
  const [, amount, unit] = /^\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)?\s*$/.exec(text) ?? [];
  return amount === undefined ? undefined : Number(amount) * (UNITS[unit ?? "ms"] ?? 1);
}
