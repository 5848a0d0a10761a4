import { setTimeout as sleep } from "node:timers/promises";
import {
  type Adapter,
  type Change,
  isQueueError,
  type Job,
  type JobError,
  type Json,
  laneOf,
  type NewJob,
  type PollRequest,
} from "@anyqueue/api";
import { HOUR, SECOND } from "../time.ts";
import { Chance } from "./chance.ts";
import type { Action, Mix } from "./mix.ts";

/** Who a client is, as plain data, so that another process can be one. */
export interface ClientPlan {
  /** Its name, which no other client has. */
  readonly name: string;
  readonly seed: number;
  readonly lane: string;
  readonly mix: Mix;
  /** How many jobs every client knows of. */
  readonly known: number;
  /** Whatever a call fails with is no surprise, since what it talks to is about to crash. */
  readonly isPatient?: boolean;
}

/** One time of the store, during which a client makes so many calls. It does not move meanwhile, so that every clock agrees. */
export interface Stage {
  readonly now: number;
  readonly calls: number;
}

/** How long leases of the traffic last: until the next stage, the one after, or beyond. */
const LEASES = [4 * SECOND, 14 * SECOND, HOUR];

/** How long a client waits after a call that failed, in milliseconds; twice as long after each that follows, up to the second. */
const PAUSE = 50;
const LONGEST_PAUSE = 1000;

/** One who uses a queue at random: what it does follows from its seed and from what it was answered. */
export class Client {
  readonly #adapter: Adapter;
  readonly #plan: ClientPlan;
  readonly #chance: Chance;
  /** What it was given to work on, also what is its own no longer. */
  readonly #given: Job[] = [];
  /** The versions that it saw last. */
  readonly #versions = new Map<string, number>();
  /** What it can speak of: what everybody knows, and what it added or was given itself. */
  readonly #ids: string[];
  #count = 0;
  /** How many calls have failed since one did not. */
  #failures = 0;

  constructor(adapter: Adapter, plan: ClientPlan) {
    this.#adapter = adapter;
    this.#plan = plan;
    this.#chance = new Chance(plan.seed);
    this.#ids = knownIds(plan);
  }

  /**
   * Makes its calls, one after another, until it is told to stop. One that fails with `UNAVAILABLE` may have taken effect,
   * and it goes on.
   */
  async run({ now, calls }: Stage, signal?: AbortSignal): Promise<void> {
    for (let i = 0; i < calls && !signal?.aborted; i++) {
      this.#count += 1;
      try {
        await this.#act(this.#chance.weighted<Action>(this.#plan.mix), now);
        this.#failures = 0;
      } catch (error) {
        if (!this.#plan.isPatient && !isQueueError(error, "UNAVAILABLE")) throw error;
        // Each of them may take effect at any time from now on, and many together are hard to judge.
        await sleep(Math.min(LONGEST_PAUSE, PAUSE * 2 ** this.#failures++));
      }
    }
  }

  async #act(action: Action, now: number): Promise<void> {
    const chance = this.#chance;
    switch (action) {
      case "insert":
        return this.#insert(now);
      case "contest":
        return void (await this.#adapter.insert([jobOf(chance.oneOf(knownIds(this.#plan)) ?? "", this.#mark)], {
          now,
          maybeStored: true,
        }));
      case "claim":
        return this.#claim({ lanes: [this.#plan.lane], limit: chance.upTo(3), now });
      case "claimKnown":
        return this.#claim({ ids: [...new Set([this.#any(), this.#any()])], limit: 3, now });
      case "rescue":
        return this.#claim({ lanes: [this.#plan.lane], limit: 0, expired: chance.upTo(3), now });
      case "settle":
        return this.#settle(now);
      case "renew":
        return this.#withGiven(now, ({ id, token }) =>
          this.#cas({ id, expect: { token }, set: { leaseMs: 14 * SECOND } }, now),
        );
      case "change":
        return this.#change(now);
      case "cancel":
        return this.#cas({ ...this.#unfenced(), set: { cancel: true } }, now);
      case "retry":
        return this.#cas(
          {
            id: this.#any(),
            expect: { state: ["completed", "failed", "cancelled"] },
            set: { state: "waiting", attempt: 0 },
          },
          now,
        );
      case "append":
        return this.#append(now);
      case "read":
        return this.#read();
      case "remove":
        return void (await this.#adapter.remove({ ids: [this.#any()], now }));
    }
  }

  /** Jobs that only this client adds, so that the others learn of them by polling. */
  async #insert(now: number): Promise<void> {
    const ids = Array.from({ length: this.#chance.upTo(3) }, (_, i) => this.#newId(i));
    const outcomes = await this.#adapter.insert(
      ids.map((id) => jobOf(id, this.#mark)),
      { now },
    );
    this.#ids.push(...ids.filter((_, i) => outcomes[i]?.status === "added"));
  }

  async #claim(request: PollRequest): Promise<void> {
    // Every poll has a holder of its own, which tells whose lease it is when nobody heard the answer.
    const lease = { ms: this.#chance.oneOf(LEASES) ?? HOUR, holder: this.#mark };
    const { jobs, expired } = await this.#adapter.poll({ ...request, lease });
    for (const job of [...jobs, ...expired]) {
      this.#given.push(job);
      this.#ids.push(job.id);
      this.#versions.set(job.id, job.version);
    }
  }

  async #settle(now: number): Promise<void> {
    await this.#withGiven(now, async ({ id, token }) => {
      const expect = { token };
      const error: JobError = { message: `broke in ${this.#mark}`, attempt: 1, at: now };
      const endings: readonly Change[] = [
        { id, expect, set: { state: "completed", result: this.#mark } },
        { id, expect, set: { state: "failed", error } },
        { id, expect, set: { state: "waiting", error, delayMs: this.#chance.happens(0.8) ? 0 : 5 * SECOND } },
        { id, expect, set: { state: "completed" }, spawn: [jobOf(this.#newId(0), this.#mark)] },
      ];
      const ending = this.#chance.oneOf(endings);
      if (!ending) return;
      const again = this.#chance.happens(0.2)
        ? [this.#cas({ id, expect, set: { state: "completed", result: 2 } }, now)]
        : [];
      await Promise.all([this.#cas(ending, now), ...again]);
    });
  }

  async #change(now: number): Promise<void> {
    const set = this.#chance.happens(0.5) ? { progress: this.#mark } : { priority: this.#chance.upTo(900) };
    const event = this.#chance.happens(0.3) ? { event: this.#mark } : {};
    await this.#cas({ ...this.#unfenced(), set, ...event }, now);
  }

  async #append(now: number): Promise<void> {
    const given = this.#chance.happens(0.5) ? this.#chance.oneOf(this.#given) : undefined;
    const entry = given ? { id: given.id, token: given.token } : { id: this.#any() };
    await this.#adapter.append([{ ...entry, event: this.#mark }], { now });
  }

  async #read(): Promise<void> {
    const ids = [...new Set([this.#any(), this.#any()])];
    for (const job of await this.#adapter.get(ids)) if (job) this.#versions.set(job.id, job.version);
  }

  async #cas(change: Change, now: number): Promise<void> {
    const [outcome] = await this.#adapter.cas([change], { now });
    if (outcome && "version" in outcome) this.#versions.set(change.id, outcome.version);
  }

  /** A job that it may know nothing of, and what it is expected to be, by version or by state. */
  #unfenced(): Pick<Change, "id" | "expect"> {
    const id = this.#any();
    const version = this.#versions.get(id);
    const isVersioned = version !== undefined && this.#chance.happens(0.5);
    return { id, expect: isVersioned ? { version } : { state: ["waiting", "active"] } };
  }

  /** Mostly with what it was given last, and now and then with what it was given long ago. */
  async #withGiven(now: number, use: (job: Job) => Promise<void>): Promise<void> {
    const job = this.#chance.oneOf(this.#chance.happens(0.7) ? this.#given.slice(-4) : this.#given);
    if (job) await use(job);
    else await this.#claim({ lanes: [this.#plan.lane], limit: 1, now });
  }

  #any(): string {
    return this.#chance.oneOf(this.#chance.happens(0.6) ? knownIds(this.#plan) : this.#ids) ?? "";
  }

  #newId(place: number): string {
    return `${this.#plan.lane}:${this.#mark}-${place}`;
  }

  /** Names what it does now, unlike all that anybody else does or did. */
  get #mark(): string {
    return `${this.#plan.name}${this.#count}`;
  }
}

/** The ids of the jobs that all clients of a lane know of, whoever adds them. */
function knownIds({ lane, known }: Pick<ClientPlan, "lane" | "known">): string[] {
  return Array.from({ length: known }, (_, i) => `${lane}:${i}`);
}

/** A job of the traffic. Its payload names who adds it. */
function jobOf(id: string, payload: Json): NewJob {
  return { id, lane: laneOf(id), type: "work.do", payload, state: "waiting", priority: 512, maxAttempts: 3 };
}
