import { InvalidRun } from "../tally.ts";

/** What is expected to happen. @throws InvalidRun, saying what is missing, if it does not within so many milliseconds. */
export async function inTime<T>(expected: Promise<T>, ms: number, missing: () => string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new InvalidRun(missing())), ms);
  try {
    return await Promise.race([expected, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
