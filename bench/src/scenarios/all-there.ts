import type { Session } from "../subject.ts";
import { Tally } from "../tally.ts";

/**
 * Sees that the jobs 0 … count − 1 are in the store, by draining it off the clock: to acknowledge what is then dropped is
 * fast, and no measurement.
 * @throws InvalidRun unless each runs exactly once.
 */
export async function checkAllThere(session: Session, count: number): Promise<void> {
  const tally = new Tally();
  await session.drain((n) => tally.add(n));
  tally.check(count);
}
