import { QueueError } from "@anyqueue/api";

/** Chance is a number of 32 bits, so larger seeds would be others in disguise. */
const LARGEST = 2 ** 32 - 1;

/**
 * The seed of the random cases: `ANYQUEUE_CONFORMANCE_SEED` to repeat a run, otherwise a new one.
 *
 * @throws QueueError `INVALID` if the variable is no seed.
 */
export function defaultSeed(): number {
  const given = process.env["ANYQUEUE_CONFORMANCE_SEED"];
  if (given === undefined || given === "") return 1 + Math.floor(Math.random() * 2 ** 30);
  return checkSeed("ANYQUEUE_CONFORMANCE_SEED", /^\d+$/.test(given) ? Number(given) : given);
}

/** The seed, if it is one. @throws QueueError `INVALID` naming where it is from. */
export function checkSeed(name: string, seed: unknown): number {
  if (typeof seed === "number" && Number.isInteger(seed) && seed >= 0 && seed <= LARGEST) return seed;
  const given = typeof seed === "number" ? String(seed) : JSON.stringify(seed);
  throw new QueueError("INVALID", `${name} must be a whole number from 0 to ${LARGEST}, not ${given}.`);
}
