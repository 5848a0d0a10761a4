import { MAX_JOBS } from "../check/schemas.ts";
import type { CasOutcome } from "../contract/change.ts";
import type { Job } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";
import type { ChangeInput } from "../store/change-input.ts";
import type { Store } from "../store/store.ts";
import { movedTo } from "./move-mark.ts";
import { Pace, type PaceOptions } from "./pace.ts";
import { unmetOf, withoutUnmet } from "./unmet.ts";
import { checkSelection, countOf, finishedOf, type JobSelection, PAGE, pagesOf } from "./selection.ts";

/** `requested`: its holder was asked to stop. `finished`: it had ended before. */
export type CancelOutcome = "cancelled" | "requested" | "finished" | "missing";

/** How many were cancelled, and of how many the holders were asked to stop. */
export interface CancelCount {
  readonly cancelled: number;
  readonly requested: number;
}

/**
 * `unfinished`: it has not ended, so there is nothing to retry. `duplicate`: another job holds its unique key by now, or a
 * move put it into another lane and was cut short. `dependent`: a job that it depends on has not completed, so that it must
 * not run yet; retry that one first.
 */
export type RetryOutcome = "retried" | "unfinished" | "duplicate" | "dependent" | "missing";

/** How a finished job is opened again. */
export interface RetryOptions {
  /** `waiting` when absent; a state of your own for jobs that are not run by a worker. */
  readonly state?: string;
}

/** How many finished jobs are opened again. */
export interface RetryManyOptions extends RetryOptions {
  /** Only tells how many it would be. */
  readonly preview?: boolean;
  /** Makes so many due per time, evenly, and not all at once. */
  readonly rate?: PaceOptions;
}

/** What has to be known of a job to change it. */
type Known = Pick<Job, "id" | "state" | "version" | "token" | "finishedAt" | "progress">;

/** What is done to each of many jobs. */
interface Treatment {
  readonly applies: (job: Known) => boolean;
  readonly changeOf: (job: Known) => ChangeInput;
  readonly count: (outcome: CasOutcome) => void;
  /** Told of a blocked job to which it no longer applied when its turn came: the end of another one was its end too. */
  readonly passed?: (job: Known) => void;
}

/** What operators do to jobs that are not theirs: cancel and retry, one job or many. */
export class Operator {
  readonly #store: Pick<Store, "get" | "list" | "cas">;

  constructor(store: Pick<Store, "get" | "list" | "cas">) {
    this.#store = store;
  }

  async cancelOne(id: string): Promise<CancelOutcome> {
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (!job) return "missing";
      if (isTerminal(job.state)) return "finished";
      const [outcome] = await this.#store.cas([cancellation(job)]);
      if (outcome?.status === "ok") return outcome.cancelRequested ? "requested" : "cancelled";
    }
  }

  /**
   * Bounded pages, each job once. Blocked jobs go first, and the later before the earlier ones, so that they are not ended
   * by the end of one that they depend on before they are counted.
   */
  async cancelAll(selection: JobSelection): Promise<CancelCount> {
    checkSelection(selection);
    const count = { cancelled: 0, requested: 0 };
    const treatment: Treatment = {
      applies: (job) => !isTerminal(job.state),
      changeOf: cancellation,
      count: (outcome) => {
        if (outcome.status === "ok") count[outcome.cancelRequested ? "requested" : "cancelled"]++;
      },
      passed: (job) => {
        if (job.state === "cancelled") count.cancelled++;
      },
    };
    const { states } = selection;
    if (states === undefined || states.includes("blocked"))
      await this.#each(lastFirst(pagesOf(this.#store, { ...selection, states: ["blocked"] })), treatment);
    await this.#each(pagesOf(this.#store, selection), treatment);
    return count;
  }

  async retryOne(id: string, options: RetryOptions): Promise<RetryOutcome> {
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (!job) return "missing";
      if (!isTerminal(job.state)) return "unfinished";
      if (movedTo(job) !== undefined) return "duplicate";
      if ((await unmetOf(this.#store, [job])).size > 0) return "dependent";
      const [outcome] = await this.#store.cas([retrial(job, options, 0)]);
      if (outcome?.status === "ok") return "retried";
      if (outcome?.status === "duplicate") return "duplicate";
    }
  }

  async retryAll(selection: JobSelection, options: RetryManyOptions): Promise<number> {
    let count = 0;
    const pace = new Pace(options.rate, "Cannot retry");
    const finished = finishedOf(selection, "retry");
    if (options.preview === true) return countOf(this.#store, finished);
    await this.#each(withoutUnmet(this.#store, pagesOf(this.#store, finished)), {
      applies: (job) => isTerminal(job.state) && movedTo(job) === undefined,
      changeOf: (job) => retrial(job, options, pace.next()),
      count: (outcome) => {
        if (outcome.status === "ok") count++;
      },
    });
    return count;
  }

  async #each(pages: AsyncIterable<readonly Known[]>, treatment: Treatment): Promise<void> {
    const { applies, changeOf, count } = treatment;
    for await (const page of pages) {
      const due = page.filter(applies);
      const again: Known[] = [];
      const outcomes = due.length === 0 ? [] : await this.#store.cas(due.map(changeOf));
      outcomes.forEach((outcome, i) => {
        const job = due[i];
        if (outcome.status === "conflict" && job) again.push(job);
        else count(outcome);
      });
      // A job that changed between the list and the change is looked at once more, by itself.
      for (const job of again) await this.#once(job, treatment);
    }
  }

  async #once({ id, state }: Known, { applies, changeOf, count, passed }: Treatment): Promise<void> {
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (!job) return;
      if (!applies(job)) return state === "blocked" ? passed?.(job) : undefined;
      const [outcome] = await this.#store.cas([changeOf(job)]);
      if (outcome && outcome.status !== "conflict") return count(outcome);
    }
  }
}

/** The last job first, as far as one flow can reach: what depends on others is mostly added after them. */
async function* lastFirst(pages: AsyncIterable<readonly Job[]>): AsyncGenerator<readonly Known[]> {
  let gathered: Known[] = [];
  for await (const page of pages) {
    // Without their payloads, since there may be many of them.
    for (const { id, state, version, token } of page) gathered.push({ id, state, version, token });
    if (gathered.length < MAX_JOBS) continue;
    yield* slicesOf(gathered.toReversed());
    gathered = [];
  }
  yield* slicesOf(gathered.toReversed());
}

function* slicesOf(jobs: readonly Known[]): Generator<readonly Known[]> {
  for (let start = 0; start < jobs.length; start += PAGE) yield jobs.slice(start, start + PAGE);
}

function cancellation(job: Known): ChangeInput {
  return { id: job.id, expect: { version: job.version }, set: { cancel: true } };
}

function retrial(job: Known, { state = "waiting" }: RetryOptions, delayMs: number): ChangeInput {
  return { id: job.id, expect: { version: job.version }, set: { state, attempt: 0, delayMs } };
}
