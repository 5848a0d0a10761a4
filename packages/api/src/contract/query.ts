import type { Job } from "./job.ts";
import type { Keep } from "./lane.ts";
import type { TerminalState } from "./names.ts";
import type { Predicate } from "./predicate.ts";

/** Which jobs to list. Everything given must hold. */
export interface JobQuery {
  readonly lanes?: readonly string[];
  /** State names; `delayed` means waiting jobs that are not due yet, and `waiting` then only those that are not `delayed`. */
  readonly states?: readonly string[];
  /** Type patterns, as in a poll. */
  readonly types?: readonly string[];
  readonly group?: string;
  readonly where?: Predicate;
  /**
   * `inserted` (when absent) is insertion order; `poll` is priority, due time, insertion order, over all the lanes
   * together; `finished` is the time of finishing, oldest first, and lists only finished jobs.
   */
  readonly order?: "poll" | "inserted" | "finished";
  /** 1 … 10 000. A filtered page can hold fewer and still have an `after`. */
  readonly limit: number;
  /** Where the page before, in the same order, left off. Opaque; what is no cursor of this order is `INVALID`. */
  readonly after?: string;
  /** Epoch milliseconds, for tests; it tells `delayed` from `waiting`. */
  readonly now?: number;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Where to go on; absent on the last page. Opaque. */
  readonly after?: string;
}

/**
 * Which jobs to remove, with their events. At most `limit` a call; only where that is 1000 or more, a store that drops many
 * at once more cheaply than one by one may remove more of those that are meant (P26). Except by ids, a job on which an
 * unfinished one depends is spared (P20).
 */
export type RemoveQuery =
  /** These, whatever their state; a holder then learns `missing`. */
  | { readonly ids: readonly string[]; readonly now?: number }
  /** Finished jobs, those that finished first going first. */
  | {
      readonly lane?: string;
      readonly states: readonly TerminalState[];
      /** Finished at least this many milliseconds ago. */
      readonly olderThanMs: number;
      readonly limit: number;
      readonly now?: number;
    }
  /**
   * What retention asks for: the finished jobs of a lane that have been kept as long as their own `keep` says, or else
   * this one, and those beyond its `count` newest.
   */
  | {
      readonly lane: string;
      readonly keep: Required<Omit<Keep, "count">> & Pick<Keep, "count">;
      readonly limit: number;
      readonly now?: number;
    };

/** A job or nothing, in the order of the ids that were asked for. */
export type Found = Job | null;
