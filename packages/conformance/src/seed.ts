import { QueueError } from "@anyqueue/api";

/**
 * The seed of the random cases: `ANYQUEUE_CONFORMANCE_SEED` to repeat a run, otherwise a new one.
 *
 * @throws QueueError `INVALID` if the variable is no seed.
 */
export function defaultSeed(): number {
  const given = process.env["ANYQUEUE_CONFORMANCE_SEED"];
  if (given === undefined || given === "") return 1 + Math.floor(Math.random() * 2 ** 30);
  if (/^\d{1,10}$/.test(given)) return Number(given);
  throw new QueueError("INVALID", `ANYQUEUE_CONFORMANCE_SEED must be a whole number, not ${JSON.stringify(given)}.`);
}
