import {
  type Adapter,
  type At,
  type CasOutcome,
  type Change,
  type EventQuery,
  type InsertOutcome,
  type Job,
  type JobEvent,
  type Json,
  type Lease,
  type NewJob,
  type PollRequest,
  type PollResult,
  Queue,
  Store,
} from "@anyqueue/api";
import { holds, present, same } from "./check.ts";
import { decorate } from "./decorate.ts";
import type { Connection, Fixture } from "./fixture.ts";
import type { Handles } from "./handles.ts";
import { wholeLog } from "./read-log.ts";
import { LEASE, T0 } from "./time.ts";

/** A job that somebody holds. */
export type HeldJob = Job & { readonly lease: Lease };

/** What a case says about a job it wants; the rest is filled in. */
export type Wish = Partial<NewJob>;

/** An id for each wish, so that a case can take apart what it added. */
type IdOfEach<W extends readonly Wish[]> = { -readonly [I in keyof W]: string };

/** What a run decides for its cases. */
export interface TrialSettings {
  /** Makes the random cases repeatable. */
  readonly seed: number;
  /** How long an open-ended case may look for faults, in milliseconds. */
  readonly budgetMs: number;
  /** The counterexample to run again, instead of looking for one. */
  readonly replay: string | null;
}

/** What a case works with: an opened adapter on an empty store of its own, and short ways to say the usual. */
export class Trial {
  /** Opened, on a new and empty store. */
  readonly adapter: Adapter;
  /** Makes the random cases repeatable. */
  readonly seed: number;
  /** How long an open-ended case may look for faults, in milliseconds. It ends earlier when it has done enough. */
  readonly budgetMs: number;
  /** The counterexample to run again, in place of looking for one; only cases that say they replay it get it. */
  readonly replay: string | null;
  readonly #handles: Handles;
  readonly #queues: Queue[] = [];
  /** What the case has counted so far: how far chance has come, which no verdict tells. */
  readonly counts: Record<string, number> = {};
  #count = 0;

  constructor(handles: Handles, { seed, budgetMs, replay }: TrialSettings) {
    this.#handles = handles;
    this.adapter = handles.first;
    this.seed = seed;
    this.budgetMs = budgetMs;
    this.replay = replay;
  }

  /** Notes what a round of an open-ended case comes to, for the report; the counts of all rounds are summed up. */
  tally(counts: object): void {
    for (const [name, count] of [["rounds", 1], ...Object.entries(counts)] as [string, number][])
      this.counts[name] = (this.counts[name] ?? 0) + count;
  }

  /** Makes further stores, for a case that needs more than one; it closes and removes them itself. */
  get fixture(): Fixture {
    return this.#handles.fixture;
  }

  /** Another opened handle on the same store. */
  reopen(): Promise<Adapter> {
    return this.#handles.reopen();
  }

  /** An open guard in front of the adapter, which it leaves open when it is closed itself. */
  async store(adapter: Adapter = this.adapter): Promise<Store> {
    const store = new Store(keptOpen(adapter));
    await store.open();
    return store;
  }

  /** An open queue on the adapter, without retention of its own. Its workers are stopped at the end of the case. */
  async queue(adapter: Adapter = this.adapter): Promise<Queue> {
    const queue = new Queue(keptOpen(adapter), { retention: false });
    await queue.open();
    this.#queues.push(queue);
    return queue;
  }

  /** Ends a handle the hard way. */
  crash(adapter: Adapter): Promise<void> {
    return this.#handles.crash(adapter);
  }

  /** Whether another process can reach the store. */
  get canSpawn(): boolean {
    return this.#handles.canSpawn;
  }

  /** How another process reaches the store. */
  connection(): Connection {
    return this.#handles.connection();
  }

  /** Runs `work` in a transaction of the caller's own. */
  transaction(work: (tx: never) => Promise<void>): Promise<void> {
    return this.#handles.transaction(work);
  }

  /** Stops the workers, closes every handle and removes the store. */
  async end(): Promise<void> {
    try {
      for (const queue of this.#queues) await queue.close();
    } finally {
      await this.#handles.end();
    }
  }

  /** The whole log, of all jobs or of what is asked for. */
  log(query?: Omit<EventQuery, "limit"> & { readonly limit?: number }): Promise<readonly JobEvent[]> {
    return wholeLog(this.adapter, query);
  }

  /** A valid job: in lane `main`, of type `work.do`, waiting, of normal priority, to be tried three times. */
  job(wish: Wish = {}): NewJob {
    this.#count += 1;
    const lane = wish.lane ?? "main";
    const defaults = { type: "work.do", payload: null, state: "waiting", priority: 512, maxAttempts: 3 };
    return { id: `${lane}:${this.#count}`, lane, ...defaults, ...wish };
  }

  /** Inserts a job, which has to be added, and answers its id. */
  async add(wish: Wish = {}, at: At = { now: T0 }): Promise<string> {
    const [id] = await this.addAll([wish], at);
    return id;
  }

  /** Inserts jobs in one call, all of which have to be added, and answers their ids. */
  async addAll<const W extends readonly Wish[]>(wishes: W, at: At = { now: T0 }): Promise<IdOfEach<W>> {
    const jobs = wishes.map((wish) => this.job(wish));
    const outcomes = await this.adapter.insert(jobs, at);
    const added: InsertOutcome[] = jobs.map(({ id }) => ({ status: "added", id }));
    same(outcomes, added, "A new job was not answered `added` with its id, in array order.");
    return jobs.map((job) => job.id) as IdOfEach<W>;
  }

  /** Polls lane `main` for one job, to work on it for 30 seconds as `ann`, unless told otherwise. */
  async poll(request: Partial<PollRequest> = {}, adapter: Adapter = this.adapter): Promise<PollResult> {
    const where = request.ids === undefined ? { lanes: ["main"] } : {};
    return adapter.poll({ ...where, limit: 1, lease: { ms: LEASE, holder: "ann" }, now: T0, ...request });
  }

  /** Polls as `poll` does and answers the jobs. */
  async take(request: Partial<PollRequest> = {}, adapter: Adapter = this.adapter): Promise<readonly Job[]> {
    return (await this.poll(request, adapter)).jobs;
  }

  /** Moves jobs on without leasing them. */
  async advance(request: Partial<PollRequest> & { readonly to: string }): Promise<readonly Job[]> {
    return (await this.adapter.poll({ lanes: ["main"], limit: 1, now: T0, ...request })).jobs;
  }

  /** Polls for one job, which has to be found, and leases it. */
  async claim(request: Partial<PollRequest> = {}, adapter: Adapter = this.adapter): Promise<HeldJob> {
    const { jobs } = await this.poll(request, adapter);
    same(jobs.length, 1, "A poll did not find exactly the one job that was due.");
    return held(jobs[0]);
  }

  /** Takes over one job whose lease has ended, which has to be found. */
  async rescue(now: number, holder = "rescuer", adapter: Adapter = this.adapter): Promise<HeldJob> {
    const { expired } = await this.poll({ limit: 0, expired: 10, lease: { ms: 5000, holder }, now }, adapter);
    same(expired.length, 1, "A poll with `expired` did not take over exactly the one job whose lease had ended.");
    return held(expired[0]);
  }

  /** Makes one change. */
  async cas(change: Change, now: number = T0, adapter: Adapter = this.adapter): Promise<CasOutcome> {
    const outcomes = await adapter.cas([change], { now });
    same(outcomes.length, 1, "`cas` did not answer one outcome for one change.");
    return present(outcomes[0], "`cas` answered nothing.");
  }

  /** Makes one change, which has to be made. */
  async apply(change: Change, now: number = T0): Promise<Extract<CasOutcome, { status: "ok" }>> {
    const outcome = await this.cas(change, now);
    holds(
      outcome.status === "ok",
      `A change whose expectations hold was not made: ${JSON.stringify({ change, outcome })}`,
    );
    return outcome;
  }

  /** Completes a held job by its token. */
  async complete(job: Job, result: Json = null, now: number = T0): Promise<CasOutcome> {
    return this.cas({ id: job.id, expect: { token: job.token }, set: { state: "completed", result } }, now);
  }

  /** Reads a job, which has to be there. */
  async read(id: string, adapter: Adapter = this.adapter): Promise<Job> {
    const [job] = await adapter.get([id]);
    return present(job, `The job ${id} is gone.`);
  }
}

function held(job: Job | undefined): HeldJob {
  const { lease, ...rest } = present(job, "No job was answered.");
  return { ...rest, lease: present(lease, "A job that was polled with a lease came without one.") };
}

/** The case opens and closes the adapter itself. */
function keptOpen(adapter: Adapter): Adapter {
  return decorate(adapter, { open: async () => {}, close: async () => {} });
}
