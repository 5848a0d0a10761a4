import { FIFO_KEY, type Job } from "../contract/job.ts";
import { isTerminal, laneOf } from "../contract/names.ts";
import type { Found } from "../contract/query.ts";
import { QueueError } from "../errors.ts";
import { equalJson } from "../semantics/matches.ts";
import type { JobInput } from "../store/job-input.ts";
import type { Store } from "../store/store.ts";
import { batchesOf } from "./batches.ts";
import { movedTo, moveMark, ownProgress } from "./move-mark.ts";
import { Pace, type PaceOptions } from "./pace.ts";
import { countOf, finishedOf, type JobSelection, pagesOf } from "./selection.ts";

/**
 * `unfinished`: it has not ended, so it stays. `duplicate`: the other lane has a job with its local id or its unique key,
 * or a move that did not come to its end has put it into a third one, so it stays too.
 */
export type MoveOutcome = "moved" | "unfinished" | "duplicate" | "missing";

/** Where finished jobs go. */
export interface MoveOptions {
  readonly lane: string;
  /** Only tells how many it would be. */
  readonly preview?: boolean;
  /** Makes so many due per time, evenly, and not all at once. */
  readonly rate?: PaceOptions;
}

type Verdict = MoveOutcome | "changed";

/**
 * Puts finished jobs into another lane, as new waiting jobs with the same local ids. The new job comes into being in the
 * very step that marks the old one (P13a), which is removed after that: whoever moves again after a crash between finds
 * the mark, and does not add it once more, even if it has run and gone meanwhile.
 */
export class Mover {
  readonly #store: Pick<Store, "get" | "list" | "cas" | "remove">;

  constructor(store: Pick<Store, "get" | "list" | "cas" | "remove">) {
    this.#store = store;
  }

  async moveOne(id: string, { lane }: MoveOptions): Promise<MoveOutcome> {
    for (;;) {
      const [job] = await this.#store.get([id]);
      if (!job) return "missing";
      if (!isTerminal(job.state)) return "unfinished";
      if (job.lane === lane)
        throw new QueueError("INVALID", `Cannot move: job ${id} is in lane ${lane} already. Use queue.retry(id).`);
      const [verdict] = await this.#move([job], lane, new Pace(undefined, ""));
      if (verdict !== undefined && verdict !== "changed") return verdict;
    }
  }

  async moveAll(selection: JobSelection, { lane, preview, rate }: MoveOptions): Promise<number> {
    const pace = new Pace(rate, "Cannot move");
    const finished = { ...finishedOf(selection, "move") };
    const others = selection.lanes?.filter((name) => name !== lane);
    const elsewhere = others ? { ...finished, lanes: others } : finished;
    if (preview === true) return countOf(this.#store, elsewhere, (job) => job.lane !== lane);
    let count = 0;
    for await (const page of pagesOf(this.#store, elsewhere)) {
      const due = page.filter((job) => job.lane !== lane);
      for (const batch of batchesOf(due)) {
        const verdicts = await this.#move(batch, lane, pace);
        count += verdicts.filter((verdict) => verdict === "moved").length;
      }
    }
    return count;
  }

  async #move(jobs: readonly Job[], lane: string, pace: Pace): Promise<Verdict[]> {
    const ids = jobs.map((job) => targetOf(job, lane));
    const there = await this.#store.get(ids);
    const verdicts = jobs.map((job, i): Verdict | undefined => knownVerdict(job, lane, there[i] !== null));
    const fresh = jobs.filter((_, i) => verdicts[i] === undefined);
    const changes = fresh.map((job) => changeOf(job, lane, pace.next()));
    const outcomes = changes.length === 0 ? [] : await this.#store.cas(changes);
    // A job that exists counts as spawned, and somebody may just have added another one of this id.
    const found = fresh.length === 0 ? [] : await this.#store.get(fresh.map((job) => targetOf(job, lane)));
    const doubles: Job[] = [];
    const byId = new Map(
      outcomes.map((outcome, i): [string | undefined, Verdict] => {
        const job = fresh[i];
        if (outcome.status !== "ok") return [job?.id, outcome.status === "missing" ? "missing" : "changed"];
        const isOwnId = outcome.spawned?.[0] === undefined || outcome.spawned[0] === changes[i]?.spawn[0]?.id;
        if (isOwnId && isSame(job, found[i])) return [job?.id, "moved"];
        if (job) doubles.push({ ...job, version: outcome.version });
        return [job?.id, "duplicate"];
      }),
    );
    await this.#unmark(doubles);
    const all = jobs.map((job, i): Verdict => verdicts[i] ?? byId.get(job.id) ?? "changed");
    const moved = jobs.filter((_, i) => all[i] === "moved").map(({ id }) => id);
    if (moved.length > 0) await this.#store.remove({ ids: moved });
    return all;
  }

  /** Another job of that lane holds the unique key, so that none was added: these have not been moved. */
  async #unmark(jobs: readonly Job[]): Promise<void> {
    if (jobs.length === 0) return;
    await this.#store.cas(
      jobs.map(({ id, version, progress = null }) => ({ id, expect: { version }, set: { progress } })),
    );
  }
}

/** Whether that is the job as it was put there, or has gone since. */
function isSame(job: Job | undefined, found: Found | undefined): boolean {
  if (!job || !found) return true;
  return found.type === job.type && equalJson(found.payload, job.payload);
}

/** Where the job is to be, or where it was put already by somebody who did not come to remove it. */
function targetOf(job: Job, lane: string): string {
  return movedTo(job) ?? `${lane}:${job.id.slice(job.lane.length + 1)}`;
}

/** What is known before anything is done; undefined when the job is to be moved. */
function knownVerdict(job: Job, lane: string, isThere: boolean): Verdict | undefined {
  const target = movedTo(job);
  if (target === undefined) return isThere ? "duplicate" : undefined;
  if (laneOf(target) !== lane) return "duplicate";
  // One that is gone by now has run, unless a unique key kept it from being added: then nobody can tell, and it stays.
  return isThere || job.unique === undefined ? "moved" : "duplicate";
}

function changeOf(job: Job, lane: string, delayMs: number) {
  const id = targetOf(job, lane);
  const { type, payload, priority, maxAttempts, backoff, timeoutMs, group, orderingKey, unique, keep } = job;
  const progress = ownProgress(job);
  const input: JobInput = {
    id,
    type,
    payload,
    priority,
    maxAttempts,
    delayMs,
    ...(backoff && { backoff }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(group !== undefined && { group }),
    ...(progress !== undefined && { progress }),
    ...(orderingKey !== undefined && orderingKey !== FIFO_KEY && { orderingKey }),
    ...(unique && { unique }),
    ...(keep && { keep }),
  };
  return {
    id: job.id,
    expect: { version: job.version },
    set: { progress: moveMark(job, id) },
    spawn: [input] as const,
  };
}
