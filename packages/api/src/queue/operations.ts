import type { Adapter } from "../contract/adapter.ts";
import type { JobError } from "../contract/job.ts";
import { DEFAULT_LANE, type TerminalState } from "../contract/names.ts";
import { type Duration, parseDuration } from "../policy/duration.ts";
import { checkFirstState } from "../store/job-input.ts";
import type { StoreOptions } from "../store/store.ts";
import { attemptsOf } from "./attempts.ts";
import { checkMoveOptions, checkPruneOptions, checkRetryOptions, refuseForOne } from "./call-options.ts";
import { checkLaneName, Lane } from "./lane.ts";
import { type MoveOptions, type MoveOutcome, Mover } from "./mover.ts";
import {
  type CancelCount,
  type CancelOutcome,
  Operator,
  type RetryManyOptions,
  type RetryOptions,
  type RetryOutcome,
} from "./operator.ts";
import type { JobSelection } from "./selection.ts";
import { StateMachine } from "./state-machine.ts";

/** Which finished jobs to remove. */
export interface PruneOptions {
  /** Those that ended at least so long ago. */
  readonly olderThan: Duration;
  readonly lane?: string;
  /** All three ends when absent. */
  readonly states?: readonly TerminalState[];
  /** At most so many; 1000 when absent. */
  readonly limit?: number;
}

/** What operators do to a queue: cancel, retry, move and remove jobs, and set up lanes. */
export class Operations<Tx = never> extends StateMachine<Tx> {
  readonly #operator: Operator;
  readonly #mover: Mover;

  constructor(adapter: Adapter<Tx>, options: StoreOptions) {
    super(adapter, options);
    this.#operator = new Operator(this.store);
    this.#mover = new Mover(this.store);
  }

  /**
   * Cancels jobs: at once where nobody holds them; a holder is asked to stop, and learns it with its next renewal (P21).
   * For an id, what became of it; for a selection such as `{ group }`, how many.
   */
  cancel(id: string): Promise<CancelOutcome>;
  cancel(selection: JobSelection): Promise<CancelCount>;
  cancel(what: string | JobSelection): Promise<CancelOutcome | CancelCount> {
    return typeof what === "string" ? this.#operator.cancelOne(what) : this.#operator.cancelAll(what);
  }

  /**
   * Makes finished jobs wait again, with all their attempts before them, or puts them into another first `state` of
   * your own. For an id, what became of it; for a selection (failed jobs when it names no states), how many: all due at
   * once, or at a `rate`, or with `preview` only told.
   */
  retry(id: string, options?: RetryOptions): Promise<RetryOutcome>;
  retry(selection: JobSelection, options?: RetryManyOptions): Promise<number>;
  async retry(what: string | JobSelection, options: RetryManyOptions = {}): Promise<RetryOutcome | number> {
    checkRetryOptions(options, "Cannot retry");
    checkFirstState(options.state, "Cannot retry");
    if (typeof what === "string") refuseForOne(options, "retry");
    return typeof what === "string" ? this.#operator.retryOne(what, options) : this.#operator.retryAll(what, options);
  }

  /**
   * Puts finished jobs into another lane, where they wait as new ones with the same local ids; their logs go with the old
   * ones. For an id, what became of it; for a selection (failed jobs when it names no states), how many. Called again
   * after a crash it goes on: no job is lost, and none runs twice.
   */
  move(id: string, options: Pick<MoveOptions, "lane">): Promise<MoveOutcome>;
  move(selection: JobSelection, options: MoveOptions): Promise<number>;
  async move(what: string | JobSelection, options: MoveOptions): Promise<MoveOutcome | number> {
    checkMoveOptions(options, "Cannot move");
    checkLaneName(options.lane, "Cannot move: `lane`");
    if (typeof what === "string") refuseForOne(options, "move");
    return typeof what === "string" ? this.#mover.moveOne(what, options) : this.#mover.moveAll(what, options);
  }

  /** The errors of a job's failed attempts, the first one first (P16). @throws QueueError `MISSING`. */
  attempts(id: string): Promise<JobError[]> {
    return attemptsOf(this.store, id);
  }

  /** A lane, to see how it stands and to change its settings (P19). */
  lane(name: string): Lane {
    return new Lane(this.store, name);
  }

  /** No worker anywhere finds jobs of the lane any more; adding goes on (P19). */
  async pause(lane: string = DEFAULT_LANE): Promise<void> {
    return this.lane(lane).pause();
  }

  /** Ends a pause. */
  async resume(lane: string = DEFAULT_LANE): Promise<void> {
    return this.lane(lane).resume();
  }

  /**
   * Removes finished jobs that ended at least `olderThan` ago, at most `limit` of them, or in one go a whole day of them
   * where the store can and `limit` is 1000 or more, as it is when left out. Answers how many (P26).
   */
  prune(options: PruneOptions): Promise<number> {
    checkPruneOptions(options, "Cannot prune");
    const { olderThan, lane, states = ["completed", "failed", "cancelled"], limit = 1000 } = options;
    return this.store.remove({
      states,
      olderThanMs: parseDuration(olderThan, "olderThan"),
      limit,
      ...(lane !== undefined && { lane }),
    });
  }
}
