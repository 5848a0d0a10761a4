import { InvalidRun } from "../tally.ts";
import type { Subject } from "../subject.ts";
import { kinds } from "./kinds.ts";

/**
 * Does something and sees that the server ran all through it and ended nobody's connection. A queue that connects again
 * does not tell of it, but its figures are of an outage; and jobs that ran twice are then no fault of the queue.
 *
 * @throws InvalidRun if it did not.
 */
export async function withoutOutage<T>({ server }: Subject, work: () => Promise<T>): Promise<T> {
  if (server === undefined) return work();
  const kind = kinds[server];
  const before = await kind.traces();
  const [outcome] = await Promise.allSettled([work()]);
  const after = await kind.traces().catch(() => undefined);
  if (after !== before) {
    const consequence = outcome.status === "rejected" ? `: ${(outcome.reason as Error).message}` : "";
    throw new InvalidRun(`the ${server} server ended connections meanwhile${consequence}`);
  }
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}
