import { setInterval as every, setTimeout as sleep } from "node:timers/promises";
import { type Call, instant } from "./history/call.ts";

/** Something did not end in time. */
export class Late extends Error {
  /** How long it was waited for, in milliseconds. */
  readonly ms: number;

  constructor(message: string, ms: number) {
    super(message);
    this.ms = ms;
  }
}

/** Rejects with `Late` when something has taken too long, unless it is told before that nobody waits any more. */
export type Limit = (signal: AbortSignal) => Promise<never>;

/** An adapter that never answers fails the case, instead of holding up the whole run. */
export async function inTime<T>(run: Promise<T> | T, ...limits: readonly Limit[]): Promise<T> {
  const ended = new AbortController();
  const ends = limits.map((limit) => limit(ended.signal));
  try {
    return await Promise.race([run, ...ends]);
  } finally {
    ended.abort();
    for (const end of ends) end.catch(() => {});
  }
}

/** So many milliseconds, and what is said then. */
export function within(ms: number, late: () => string): Limit {
  return async (signal) => {
    await sleep(ms, undefined, { signal });
    throw new Late(late(), ms);
  };
}

/** So many milliseconds for each call of certain verbs. */
export function answeredWithin(ms: number, calls: readonly Call[], verbs: ReadonlySet<string>): Limit {
  return async (signal) => {
    for await (const _ of every(ms / 4, undefined, { signal })) {
      const waiting = unanswered(calls, ms).find((verb) => verbs.has(verb));
      if (waiting !== undefined) throw new Late(`\`${waiting}\` had not answered after ${ms} ms.`, ms);
    }
    throw signal.reason;
  };
}

/** The verbs that have not answered for so many milliseconds. */
export function unanswered(calls: readonly Call[], ms = 0): readonly string[] {
  const open = calls.filter(({ begin, end }) => end === null && instant() - begin >= ms);
  return [...new Set(open.map(({ verb }) => verb))];
}
