import type { Backoff } from "../contract/job.ts";
import { QueueError } from "../errors.ts";

/** The backoff of a job that names none: 1 s, 2 s, 4 s, … up to an hour, with up to a fifth more at random. */
export const DEFAULT_BACKOFF: Backoff = { type: "exponential", delayMs: 1000, maxMs: 3_600_000, jitter: 0.2 };

/**
 * How many milliseconds to wait after the `attempt`-th failure (counted from 1): `fixed` d, `linear` d·k,
 * `exponential` d·2^(k−1), jitter added on top and never taken away, the whole capped at `maxMs`.
 * `random` gives 0 ≤ x < 1. Source: Brooker, "Exponential Backoff And Jitter", with upward jitter only, so that a
 * retry never comes sooner than was asked for.
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: () => number = Math.random): number {
  const step = Math.max(1, attempt);
  const growth = { fixed: 1, linear: step, exponential: 2 ** Math.min(step - 1, 52) }[backoff.type];
  const share = random();
  if (!(share >= 0 && share <= 1))
    throw new QueueError("INVALID", `\`random\` must answer a number from 0 to 1, not ${share}.`);
  const delay = backoff.delayMs * growth * (1 + (backoff.jitter ?? 0) * share);
  return Math.min(Math.round(delay), backoff.maxMs ?? Number.MAX_SAFE_INTEGER, MAX_DELAY);
}

/** A hundred years: beyond it a delay has no meaning, and would pass the last representable time. */
export const MAX_DELAY = 100 * 365 * 86_400_000;
