import type { CasOutcome } from "../contract/change.ts";
import type { Job } from "../contract/job.ts";
import { isTerminal, TERMINAL_STATES } from "../contract/names.ts";
import { QueueError } from "../errors.ts";
import type { ChangeInput } from "../store/change-input.ts";
import { checkList, type ListInput } from "../store/poll-input.ts";
import type { Store } from "../store/store.ts";

/** Which jobs to act on. All that is given must hold; nothing given is refused, since it would mean every job. */
export type JobSelection = Pick<ListInput, "lanes" | "states" | "types" | "group" | "where">;

/** `requested`: its holder was asked to stop. `finished`: it had ended before. */
export type CancelOutcome = "cancelled" | "requested" | "finished" | "missing";

/** `unfinished`: it has not ended, so there is nothing to retry. `duplicate`: another job holds its unique key by now. */
export type RetryOutcome = "retried" | "unfinished" | "duplicate" | "missing";

/** How finished jobs are opened again. */
export interface RetryOptions {
  /** `waiting` when absent; a state of your own for jobs that are not run by a worker. */
  readonly state?: string;
}

const PAGE = 1000;
const FIELDS = ["lanes", "states", "types", "group", "where"];
const HOW_TO_SELECT = `name ${FIELDS.join(", ")}.`;

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

  /** Bounded pages, each job once; what others add meanwhile behind the last page is not touched. */
  async cancelAll(selection: JobSelection): Promise<{ cancelled: number; requested: number }> {
    const count = { cancelled: 0, requested: 0 };
    await this.#each(
      selection,
      (job) => !isTerminal(job.state),
      cancellation,
      (outcome) => {
        if (outcome.status === "ok") count[outcome.cancelRequested ? "requested" : "cancelled"]++;
      },
    );
    return count;
  }

  async retryOne(id: string, options: RetryOptions): Promise<RetryOutcome> {
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (!job) return "missing";
      if (!isTerminal(job.state)) return "unfinished";
      const [outcome] = await this.#store.cas([retrial(job, options)]);
      if (outcome?.status === "ok") return "retried";
      if (outcome?.status === "duplicate") return "duplicate";
    }
  }

  async retryAll(selection: JobSelection, options: RetryOptions): Promise<number> {
    let count = 0;
    checkSelection(selection);
    const states = selection.states ?? ["failed"];
    const wrong = states.find((state) => !isTerminal(state));
    if (wrong !== undefined) {
      throw new QueueError(
        "INVALID",
        `Cannot retry: \`states\` holds ${JSON.stringify(wrong)}, but only ${TERMINAL_STATES.join(", ")} jobs can be retried.`,
      );
    }
    await this.#each(
      { ...selection, states },
      (job) => isTerminal(job.state),
      (job) => retrial(job, options),
      (outcome) => {
        if (outcome.status === "ok") count++;
      },
    );
    return count;
  }

  async #each(
    selection: JobSelection,
    applies: (job: Job) => boolean,
    changeOf: (job: Job) => ChangeInput,
    count: (outcome: CasOutcome) => void,
  ): Promise<void> {
    checkSelection(selection);
    if (Object.values(selection).every(isEmpty)) throw new QueueError("INVALID", `Say which jobs: ${HOW_TO_SELECT}`);
    let after: string | undefined;
    do {
      const page = await this.#store.list({ ...selection, limit: PAGE, ...(after !== undefined && { after }) });
      const due = page.items.filter((job) => applies(job) && !job.lane.startsWith("$"));
      const again: Job[] = [];
      const outcomes = due.length === 0 ? [] : await this.#store.cas(due.map(changeOf));
      outcomes.forEach((outcome, i) => {
        const job = due[i];
        if (outcome.status === "conflict" && job) again.push(job);
        else count(outcome);
      });
      // A job that changed between the list and the change is looked at once more, by itself.
      for (const { id } of again) await this.#once(id, applies, changeOf, count);
      after = page.after;
    } while (after !== undefined);
  }

  async #once(
    id: string,
    applies: (job: Job) => boolean,
    changeOf: (job: Job) => ChangeInput,
    count: (outcome: CasOutcome) => void,
  ): Promise<void> {
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (!job || !applies(job)) return;
      const [outcome] = await this.#store.cas([changeOf(job)]);
      if (outcome && outcome.status !== "conflict") return count(outcome);
    }
  }
}

/** Refuses what is no selection. @throws QueueError `INVALID` naming the field. */
function checkSelection(selection: unknown): asserts selection is JobSelection {
  if (typeof selection !== "object" || selection === null || Array.isArray(selection)) {
    throw new QueueError("INVALID", `Say which jobs: give an id, or ${HOW_TO_SELECT}`);
  }
  const unknown = Object.keys(selection).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined)
    throw new QueueError("INVALID", `Say which jobs: \`${unknown}\` is not known; ${HOW_TO_SELECT}`);
  checkList({ ...selection, limit: 1 });
}

/** Nothing, or a predicate that holds for every job. An empty list is something: it selects none. */
function isEmpty(filter: unknown): boolean {
  if (typeof filter !== "object" || filter === null) return filter === undefined;
  return !Array.isArray(filter) && Object.keys(filter).length === 0;
}

function cancellation(job: Job): ChangeInput {
  return { id: job.id, expect: { version: job.version }, set: { cancel: true } };
}

function retrial(job: Job, { state = "waiting" }: RetryOptions): ChangeInput {
  return { id: job.id, expect: { version: job.version }, set: { state, attempt: 0, delayMs: 0 } };
}
