import { setTimeout as delay } from "node:timers/promises";

/** How long to wait for what is not there at the moment, in milliseconds. */
export interface Patience {
  /** For a server that refuses connections, such as one that is being restarted. */
  readonly serverMs: number;
  /** For a connection of a given pool to become free, or to be made. */
  readonly poolMs: number;
  /**
   * For one of a pool of our own. It is kept by nothing but statements of ours, and is made as soon as a server can that
   * may have hundreds to make.
   */
  readonly ownMs: number;
  /** For the same once somebody has waited so long in vain, until there is a connection again. */
  readonly againMs: number;
}

/** An insert is sent four times, with up to 4 s in between: with a pool that is used up, all of it takes less than 10 s. */
export const PATIENCE: Patience = { serverMs: 5000, poolMs: 5000, ownMs: 20_000, againMs: 250 };

/** How often a statement is sent that the server undoes for the sake of others. */
export const MOST_CONFLICTS = 20;

/** Between two attempts: soon at first, at random so that processes do not march in step. */
export async function pause(attempt: number): Promise<void> {
  await delay(Math.min(5 * 1.6 ** attempt, 500) * (0.5 + Math.random()));
}
