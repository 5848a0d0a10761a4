import type { Job } from "../contract/job.ts";
import type { LaneStatus } from "../contract/lane.ts";
import { QueueError } from "../errors.ts";
import { parseDuration } from "../policy/duration.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import type { Store } from "../store/store.ts";
import { HeldJob } from "../worker/held-job.ts";
import { runAttempt, type RunnerOptions } from "../worker/runner.ts";
import { Settler, type Settling } from "../worker/settler.ts";
import type { Workplace } from "../worker/worker.ts";
import type { AttemptOutcome, IdleOptions, Ran } from "./idle-options.ts";
import type { TestQueue } from "./test-queue.ts";

const HOLDER = "runUntilIdle";
/** The clock may move while a handler runs; a week of that does not end its lease. */
const LEASE_MS = 7 * 86_400_000;
const LIMIT = 1000;
const BATCH = 1000;
/** For how long a settlement is tried again when the store cannot be reached, in milliseconds. */
const PATIENCE_MS = 10_000;

/** What a runner needs of its queue. */
interface Stage {
  readonly queue: Pick<TestQueue, "clock" | "lanes" | "list" | "schedules">;
  readonly store: Pick<Store, "rescue">;
  readonly place: Omit<Workplace, "onStopped">;
}

/** Runs jobs one by one until nothing is due; the time between is skipped. */
export class IdleRunner {
  readonly #queue: Stage["queue"];
  readonly #store: Stage["store"];
  readonly #place: Stage["place"];
  readonly #runner: RunnerOptions;
  readonly #settler: Settler;
  readonly #scheduler: Scheduler;
  readonly #limit: number;
  /** Until when the clock may move; undefined when it may not. */
  readonly #until: number | undefined;
  readonly #movesOn: boolean;
  readonly #ran: Ran[] = [];
  /** What the last poll of each lane, which found nothing, said of when the next one can. */
  readonly #polledDueAt = new Map<string, number | null>();
  #steps = 0;
  #onSettled: ((settling: Settling, isLost: boolean) => void) | undefined;
  /** What failed in the machinery. */
  #trouble: { readonly error: unknown } | undefined;

  constructor({ queue, store: ownStore, place }: Stage, { advance = false, limit = LIMIT }: IdleOptions) {
    this.#queue = queue;
    this.#store = ownStore;
    this.#place = place;
    this.#limit = limit;
    this.#movesOn = typeof advance !== "boolean";
    if (advance === true) this.#until = Infinity;
    else if (advance !== false) this.#until = queue.clock.now() + parseDuration(advance, "advance");
    const { store, wakeups, policy, handlerOf, checkResult, build, buildAll } = place;
    const onError = (error: unknown): void => {
      this.#trouble ??= { error };
    };
    this.#runner = { ...policy, onSlip: onError, handlerOf, checkResult, build, buildAll, graceMs: 0 };
    this.#settler = new Settler({
      store,
      policy: this.#runner,
      onSettled: (settling, isLost) => this.#onSettled?.(settling, isLost),
      onError,
    });
    this.#scheduler = new Scheduler({ store, wakeups, holder: HOLDER, onError });
  }

  async run(): Promise<readonly Ran[]> {
    for (;;) {
      await this.#runDue();
      const next = this.#until === undefined ? Infinity : await this.#nextDueAt();
      if (next > (this.#until ?? 0) || next === Infinity) break;
      this.#step();
      this.#queue.clock.set(next);
    }
    if (this.#movesOn && this.#until !== undefined)
      this.#queue.clock.set(Math.max(this.#until, this.#queue.clock.now()));
    return this.#ran;
  }

  /** Goes through the lanes until none of them has anything, since a job may add to a lane that was passed already. */
  async #runDue(): Promise<void> {
    let before: number;
    do {
      before = this.#ran.length;
      while ((await this.#scheduler.look()) === 0) this.#check();
      await this.#store.rescue({ limit: BATCH });
      for (const { lane } of await this.#queue.lanes()) await this.#drain(lane);
      this.#check();
    } while (this.#ran.length > before);
  }

  async #drain(lane: string): Promise<void> {
    const { store, types } = this.#place;
    let after: string | undefined;
    for (;;) {
      const found = await store.poll({
        lanes: [lane],
        limit: 1,
        lease: { ms: LEASE_MS, holder: HOLDER },
        ...(types && { types }),
        ...(after !== undefined && { after }),
      });
      after = found.after;
      const [job] = found.jobs;
      if (job) await this.#attempt(job);
      else if (after === undefined) return void this.#polledDueAt.set(lane, found.nextDueAt);
    }
  }

  async #attempt(job: Job): Promise<void> {
    const at = this.#queue.clock.now();
    const now = performance.now();
    const held = new HeldJob(job, now, now + PATIENCE_MS);
    const ending = await runAttempt(this.#place.store, held, this.#runner);
    let settled: Pick<Settling, "ending"> = { ending };
    let isLost = false;
    if (ending.settlement) {
      held.deadline = performance.now() + PATIENCE_MS;
      ({ settled, isLost } = await this.#settle({ held, ending }));
    }
    this.#check();
    const { kind, settlement, result, error } = settled.ending;
    const isLast = settlement?.set.state === "failed";
    const outcome: AttemptOutcome = isLost ? "lost" : kind === "failed" && !isLast ? "retried" : kind;
    const what = { ...(result !== undefined && { result }), ...(error !== undefined && { error }) };
    this.#ran.push({ type: job.type, job, outcome, ...what, at } as Ran);
    this.#step();
  }

  #settle(settling: Settling): Promise<{ settled: Settling; isLost: boolean }> {
    return new Promise((resolve) => {
      this.#onSettled = (settled, isLost) => resolve({ settled, isLost });
      this.#settler.add(settling);
    });
  }

  /** The first time ahead at which one of these handlers has something to do, or a schedule; never, if there is none. */
  async #nextDueAt(): Promise<number> {
    const times = (await this.#queue.schedules()).map(({ next }) => next ?? Infinity);
    for (const lane of await this.#queue.lanes()) {
      if (lane.settings.paused !== true) times.push(...(await this.#dueIn(lane)));
    }
    const now = this.#queue.clock.now();
    return Math.min(Infinity, ...times.filter((time) => time > now));
  }

  async #dueIn({ lane, settings }: LaneStatus): Promise<number[]> {
    let first = Infinity;
    let after: string | undefined;
    do {
      const query = { lanes: [lane], states: ["delayed", "active"], limit: BATCH };
      const page = await this.#queue.list({ ...query, ...(after !== undefined && { after }) });
      for (const { type, lease, runAt } of page.items) {
        if (this.#place.handlerOf(type)) first = Math.min(first, lease?.until ?? runAt);
      }
      after = page.after;
    } while (after !== undefined);
    // Only a poll knows when a rate allows the next start.
    return settings.rate ? [first, this.#polledDueAt.get(lane) ?? Infinity] : [first];
  }

  #step(): void {
    if (++this.#steps <= this.#limit) return;
    const counts = new Map<string, number>();
    for (const { type } of this.#ran.slice(-100)) counts.set(type, (counts.get(type) ?? 0) + 1);
    const [busiest] = [...counts].toSorted(([, a], [, b]) => b - a);
    const last = this.#ran.at(-1)?.job.id;
    const what = busiest ? `most of the last runs were ${busiest[0]}, the last one ${String(last)}` : "nothing ran";
    throw new QueueError(
      "TIMEOUT",
      `Still not idle after ${this.#limit} steps: ${what}. Give \`advance\` a duration where schedules or jobs go on for ever, or a larger \`limit\`.`,
    );
  }

  #check(): void {
    if (this.#trouble) throw this.#trouble.error;
  }
}
