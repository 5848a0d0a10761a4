/** The thirteen verbs of the contract. */
export const VERBS = [
  "open",
  "close",
  "insert",
  "poll",
  "cas",
  "get",
  "list",
  "remove",
  "append",
  "events",
  "lanes",
  "configure",
  "subscribe",
] as const;

/** A verb of the contract. */
export type Verb = (typeof VERBS)[number];

/** One call of a verb, as its caller saw it. Plain data, so that a process can hand it to another one. */
export interface Call {
  /** Who called: one of several handles or processes. */
  readonly client: string;
  readonly verb: Verb;
  /** The arguments. */
  readonly request: readonly unknown[];
  /** Milliseconds of a clock that all processes of the machine share (`instant`), taken before the call. */
  readonly begin: number;
  /** Taken after the answer; null as long as there is none, so that the call may take effect now or never. */
  end: number | null;
  /** What it answered. */
  answer?: unknown;
  /** What it threw instead, its code first if it has one. */
  error?: string;
}

/**
 * Milliseconds of the machine's monotonic clock, the same in all of its processes. Two calls that one sees as simultaneous
 * count as overlapping, so its grain only ever excuses.
 */
export function instant(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
