import type { Adapter } from "@anyqueue/api";
import type { JobOptions } from "./jobs.ts";
import type { Durability, Kind } from "./measurement.ts";
import type { Package } from "./on-demand.ts";

/** Called for every job that a handler ran, with the number under which it was added. */
export type Ran = (n: number) => void;

/** One queue or raw driver, opened on a store. */
export interface Session {
  /** Where another process finds this store, for `Subject.join`; on Postgres the name of its schema. */
  readonly address?: string;
  /** Stores one job; resolves when it is as durable as the subject says. */
  add(n: number, padding?: string): Promise<unknown>;
  /** A floor's stand-in for this many callers adding at once: their jobs in one transaction. */
  addTogether?(callers: number, options: JobOptions): Promise<unknown>;
  /** A floor's `add` that wakes whoever sleeps in `work`, as the `add` of a queue always does. */
  addAndWake?(n: number): Promise<unknown>;
  /** Stores many jobs in one call, or in the fastest way there is. */
  addMany(count: number, options?: JobOptions): Promise<unknown>;
  /**
   * Claims and finishes every job that is due. `concurrency`: so many at once, and 1 claims nothing ahead; if it is silent,
   * in the best configuration.
   */
  drain(ran: Ran, concurrency?: number): Promise<unknown>;
  /**
   * Begins to work in the best configuration, waiting for jobs when there are none; answers how to stop. Where the queue
   * tells it, `finished` is called when it is stored that a job is done.
   */
  work?(ran: Ran, finished?: Ran): Promise<() => Promise<unknown>>;
  /** Removes the store, if this session made it. */
  close(): Promise<void>;
}

/** What is measured. */
export interface Subject {
  readonly name: string;
  /** AnyQueue on some adapter if this is silent. */
  readonly kind?: Kind;
  /** What an acknowledged job survives; printed beside every number, and never ranked with another silently. */
  readonly durability: Durability;
  /** What travels together, in a few words (`adds merged, 500 claimed`); printed beside every number. */
  readonly batching: string;
  /** The name of the floor it is compared with; a floor has none. */
  readonly floor?: string;
  /** How it is set up, where that is ours to choose; printed with the figures. */
  readonly configuration?: string;
  /** What has to run before it can be asked for anything; the benchmark starts it, and stops it at the end. */
  readonly server?: "postgres" | "redis";
  /** The same as another subject but for what survives or is kept; left out where nothing else would differ. */
  readonly isVariant?: boolean;
  /** Whether jobs can be taken in another order than that of their insertion; yes if this is silent. */
  readonly hasPriorities?: boolean;
  /** Whether jobs can be added that are due later; no if this is silent. */
  readonly hasDelays?: boolean;
  /** Whether there is a call that adds many jobs, or else nothing is told of bulk; yes if this is silent. */
  readonly hasBulk?: boolean;
  /** How much of a scenario's jobs it is measured with, if all of them would take very long: `0.1` is every tenth. */
  readonly share?: number;
  /** What is installed when it is first asked for. */
  readonly library?: Package;
  /** Opens it on an empty store of its own. */
  readonly open: () => Promise<Session>;
  /** Opens it on the store of another session, where several processes can share one. */
  readonly join?: (address: string) => Promise<Session>;
  /** A backend of ours: opens the contract itself on the store of a session, with so many connections at most. */
  adapter?(address: string, connections: number): Promise<Adapter>;
}

/** How many of a scenario's jobs the subject is measured with. */
export function shareOf({ share = 1 }: Subject, jobs: number): number {
  return Math.ceil(jobs * share);
}

/** Does something on a new store of the subject, which is gone afterwards. */
export async function onStore<T>(subject: Subject, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await subject.open();
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
