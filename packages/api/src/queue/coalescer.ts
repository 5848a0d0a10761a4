import { checkJson } from "../check/check-json.ts";
import { MAX_BATCH } from "../check/schemas.ts";
import type { Settings } from "../contract/change.ts";
import type { At, InsertOutcome } from "../contract/insert.ts";
import type { Job } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";
import { checkMerged, coalesce, isOpen, mergeAll, mergePayloads } from "../policy/coalescing.ts";
import { MAX_BATCH_BYTES } from "../store/bounds.ts";
import { checkJob } from "../store/job-input.ts";
import { Merger } from "../store/merger.ts";
import type { Store } from "../store/store.ts";
import type { Addition } from "./add-options.ts";
import { batchesOf } from "./batches.ts";

/** What became of one job of an `addMany`. */
export type AddOutcome =
  | InsertOutcome
  /** The job that holds the unique key was changed instead, by `unique.on` (P17). */
  | { readonly status: "replaced" | "merged"; readonly id: string };

/** An outcome, or why there is none: the payloads could not be merged. */
type Coalesced = AddOutcome | { readonly status: "refused"; readonly error: unknown };

/** A job that holds a unique key, and the additions that meet it. */
interface Meeting {
  readonly job: Job;
  readonly members: number[];
}

/** Adds that are in flight for one key, and how many wait for them. */
interface Line {
  readonly merger: Merger<Addition, Coalesced>;
  waiting: number;
}

/**
 * Adds jobs that replace, or are merged into, the one that holds their unique key (P17): an insert, then a compare-and-set
 * of the job that was found, and both again if somebody else was there between. A job that is worked on is left alone.
 */
export class Coalescer<Tx> {
  readonly #store: Pick<Store<Tx>, "insert" | "cas">;
  /** By lane and key. Those of different keys do not travel together: one key may be held by a stranger's transaction. */
  readonly #lines = new Map<string, Line>();

  constructor(store: Pick<Store<Tx>, "insert" | "cas">) {
    this.#store = store;
  }

  /** Adds one job. Adds to one key that are in flight together become one change. */
  async add(addition: Addition): Promise<AddOutcome> {
    const { input } = addition;
    const { job, bytes } = checkJob(input, `Cannot add a ${input.type} job`);
    const name = `${job.lane} ${job.unique?.key}`;
    const line = this.#lines.get(name) ?? { merger: this.#merger(), waiting: 0 };
    this.#lines.set(name, line);
    line.waiting++;
    try {
      const [outcome] = await line.merger.add([addition], bytes);
      if (outcome?.status === "refused") throw outcome.error;
      return outcome ?? { status: "skipped" };
    } finally {
      if (--line.waiting === 0) this.#lines.delete(name);
    }
  }

  /** Adds many, inside the caller's transaction if there is one. @throws what a merge threw, when all others are added. */
  async addMany(additions: readonly Addition[], at?: At<Tx>): Promise<AddOutcome[]> {
    const outcomes = await this.#coalesce(additions, at);
    return outcomes.map((outcome) => {
      if (outcome.status === "refused") throw outcome.error;
      return outcome;
    });
  }

  #merger(): Line["merger"] {
    const bounds = { items: MAX_BATCH, bytes: MAX_BATCH_BYTES };
    return new Merger({ bounds, send: (additions) => this.#coalesce(additions) });
  }

  async #coalesce(additions: readonly Addition[], at?: At<Tx>): Promise<Coalesced[]> {
    const outcomes: Coalesced[] = [];
    let open = additions.map((_, i) => i);
    while (open.length > 0) {
      const inputs = open.flatMap((i) => additions[i]?.input ?? []);
      const found = await this.#store.insert(inputs, at);
      const meetings = new Map<string, Meeting>();
      const again: number[] = [];
      found.forEach((outcome, n) => {
        const i = open[n] ?? 0;
        if (outcome.status !== "existing" || outcome.by !== "unique" || !additions[i]?.coalescing) {
          outcomes[i] = outcome;
          return;
        }
        if (!isOpen(outcome.job)) {
          // It held the key when it was found, and was started before it was read: now there is room for another one.
          if (hasLetGo(outcome.job)) again.push(i);
          else outcomes[i] = outcome;
          return;
        }
        const meeting = meetings.get(outcome.id);
        if (meeting) meeting.members.push(i);
        else meetings.set(outcome.id, { job: outcome.job, members: [i] });
      });
      open = [...(await this.#change([...meetings.values()], additions, outcomes, at)), ...again].toSorted(
        (a, b) => a - b,
      );
    }
    return outcomes;
  }

  /** Changes the jobs that were met. Answers the additions whose job was another one by then. */
  async #change(
    meetings: readonly Meeting[],
    additions: readonly Addition[],
    outcomes: Coalesced[],
    at: At<Tx> | undefined,
  ): Promise<number[]> {
    const changes = meetings.flatMap(({ job, members }) => {
      const set = fold(job, members, additions, outcomes);
      return set === undefined ? [] : [{ id: job.id, expect: { version: job.version }, set }];
    });
    const changed = new Set<string>();
    // What is stored may be large, however little was added to it.
    for (const batch of batchesOf(changes)) {
      const answers = await this.#store.cas(batch, at);
      batch.forEach(({ id }, n) => answers[n]?.status === "ok" && changed.add(id));
    }
    return meetings.flatMap(({ job, members }) =>
      members.filter((i) => {
        const on = additions[i]?.coalescing?.on;
        if (outcomes[i] !== undefined || on === undefined) return false;
        if (changed.has(job.id)) outcomes[i] = { status: on === "merge" ? "merged" : "replaced", id: job.id };
        return !changed.has(job.id);
      }),
    );
  }
}

/** Whether a job is known to hold its key no more, whatever the time. */
function hasLetGo({ unique, state, lease }: Job): boolean {
  if (unique?.until === "started") return lease !== undefined || isTerminal(state);
  return unique === undefined || (unique.until === "finished" && isTerminal(state));
}

/** What all additions that meet a job set in it, in their order; undefined when none of them can. */
function fold(
  job: Job,
  members: readonly number[],
  additions: readonly Addition[],
  outcomes: Coalesced[],
): Settings | undefined {
  const met = members.flatMap((i) => additions[i] ?? []);
  const merged = met.length > 1 ? mergeAtOnce(job, met) : undefined;
  if (merged) return merged;
  let set: Settings | undefined;
  for (const i of members) {
    const { newcomer, coalescing } = additions[i] ?? {};
    if (!newcomer || !coalescing) continue;
    try {
      set = coalesce(job, newcomer, coalescing, set);
    } catch (error) {
      outcomes[i] = { status: "refused", error };
    }
  }
  return set;
}

/**
 * What many plain merges set in a job; undefined when they have to be taken one by one, so that what is wrong with one of
 * them is not the others' trouble. It looks at the growing payload once, and not once for each.
 */
function mergeAtOnce(job: Job, additions: readonly Addition[]): Settings | undefined {
  const coalescings = additions.map(({ coalescing }) => coalescing);
  const last = coalescings.at(-1);
  if (last?.on !== "merge" || !coalescings.every((each) => each?.on === "merge" && each.merge === mergePayloads))
    return undefined;
  try {
    const added = additions.map(({ newcomer }) => checkJson(newcomer?.payload, "payload").value);
    return { payload: checkMerged(last, mergeAll(job.payload, added)) };
  } catch {
    return undefined;
  }
}
