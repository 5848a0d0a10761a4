import { setTimeout as delay } from "node:timers/promises";
import { InvalidRun } from "./tally.ts";

/** What hangs with a job may never end by itself. */
const PATIENCE_MS = 30_000;

/**
 * Awaits something for as long as jobs run meanwhile, which `ran` counts.
 * @throws InvalidRun when it is not over and no other job has run for half a minute, with what is known of the reason.
 */
export async function asLongAsJobsRun(
  over: Promise<unknown>,
  ran: () => number,
  reason: () => string | undefined = () => undefined,
): Promise<void> {
  const stuck = Promise.withResolvers<never>();
  let seen = -1;
  const timer = setInterval(() => {
    if (ran() === seen)
      stuck.reject(new InvalidRun([`after ${seen} jobs it ran no other`, reason()].filter(Boolean).join(": ")));
    seen = ran();
  }, PATIENCE_MS);
  try {
    await Promise.race([over, stuck.promise]);
  } finally {
    clearInterval(timer);
  }
}

/** Stops a worker, but waits no longer than half a minute for one that hangs. */
export async function stopped(stop: () => Promise<unknown>): Promise<void> {
  await Promise.race([stop(), delay(PATIENCE_MS, undefined, { ref: false })]);
}
