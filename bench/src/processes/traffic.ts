import { setTimeout as delay } from "node:timers/promises";
import { type Adapter, type Change, isQueueError, type Job, type NewJob } from "@anyqueue/api";
import type { Account } from "./connection-messages.ts";

const LANES = ["mail", "media", "reports", "default"];
const LEASE_MS = 120_000;
const BATCH = 10;
const ATTEMPTS = 20;
const LOOK_MS = 20;
/** What is not finished so long after the end stays unfinished: longer than a lease, so that what was held comes back. */
const PATIENCE_MS = LEASE_MS + 60_000;

/** How a job fares in the hands of a client. */
type Fate = "complete" | "renew and complete" | "fail" | "hand back";

/**
 * Many clients of one adapter at once: each adds, polls and settles as fast as it is answered, and everything that was
 * acknowledged is written down. No lease can end meanwhile, so a job that is handed out twice without having been given
 * back was doubled.
 */
export class Traffic {
  readonly #adapter: Adapter;
  readonly #name: string;
  readonly #added: string[] = [];
  readonly #jobs = new Map<string, { polled: number; returned: number; completed: number }>();
  readonly #refused: Record<string, number> = {};
  readonly #errors: Record<string, number> = {};
  readonly #unsure = new Set<string>();
  readonly #unhandled: string[] = [];
  #numbers = 0;
  #calls = 0;
  #looking: Promise<boolean> | undefined;

  constructor(adapter: Adapter, name: string) {
    this.#adapter = adapter;
    this.#name = name;
    for (const event of ["unhandledRejection", "uncaughtException"] as const) {
      process.on(event, (error: unknown) => void this.#unhandled.push(String(error)));
    }
  }

  /** So many clients at once, for so long; then they go on without adding until nothing is left. */
  async run(clients: number, seconds: number): Promise<Account> {
    const holders = Array.from({ length: clients }, (_, client) => `${this.#name}-${client}`);
    // Connecting all of them takes seconds, in which the first would have the store for themselves.
    await Promise.all(holders.map((holder) => this.#poll(holder).then((found) => this.#settle(found, false))));
    const until = performance.now() + seconds * 1000;
    await Promise.all(holders.map((holder) => this.#serve(holder, until)));
    return {
      added: this.#added,
      jobs: [...this.#jobs].map(([id, { polled, returned, completed }]) => [id, polled, returned, completed] as const),
      refused: this.#refused,
      errors: this.#errors,
      unhandled: this.#unhandled,
      unsure: [...this.#unsure],
      calls: this.#calls,
    };
  }

  async #serve(holder: string, until: number): Promise<void> {
    while (performance.now() < until + PATIENCE_MS) {
      const isOver = performance.now() >= until;
      if (!isOver && Math.random() < 0.4) await this.#insert();
      const found = await this.#poll(holder);
      if (found.length > 0) await this.#settle(found, isOver);
      else if (isOver && (await this.#isEmpty())) return;
    }
  }

  async #insert(): Promise<void> {
    const jobs = Array.from({ length: 1 + Math.floor(Math.random() * 5) }, () => this.#newJob());
    // An id makes it safe to send them again when the answer was lost (P3).
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const maybeStored = attempt > 1;
      const outcomes = await this.#call(() => this.#adapter.insert(jobs, { maybeStored }));
      if (outcomes === undefined) continue;
      for (const [index, { status }] of outcomes.entries()) {
        if (status === "added" || (status === "existing" && maybeStored)) this.#added.push(jobs[index]?.id ?? "");
        else count(this.#refused, `insert ${status}`);
      }
      return;
    }
  }

  #newJob(): NewJob {
    const number = this.#numbers++;
    const lane = LANES[number % LANES.length] ?? "default";
    return {
      id: `${lane}:${this.#name}-${number}`,
      lane,
      type: "noop",
      payload: { number },
      state: "waiting",
      priority: Math.floor(Math.random() * 3) * 256,
      maxAttempts: 1000,
    };
  }

  async #poll(holder: string): Promise<readonly Job[]> {
    const lanes = LANES.toSorted(() => Math.random() - 0.5);
    const limit = 1 + Math.floor(Math.random() * BATCH);
    const result = await this.#call(() =>
      this.#adapter.poll({ lanes, limit, lease: { ms: LEASE_MS, holder }, expired: 1 }),
    );
    const found = [...(result?.jobs ?? []), ...(result?.expired ?? [])];
    for (const { id } of found) this.#of(id).polled++;
    return found;
  }

  async #settle(jobs: readonly Job[], isOver: boolean): Promise<void> {
    const fates = jobs.map(() => (isOver ? "complete" : drawFate()));
    await this.#change(jobs.filter((_, n) => fates[n] === "renew and complete").map((job) => renewal(job)));
    const outcomes = await this.#change(jobs.map((job, n) => settlement(job, fates[n] ?? "complete")));
    for (const [n, { id }] of jobs.entries()) {
      if (outcomes === undefined) this.#unsure.add(id);
      else if (outcomes[n] !== "ok") continue;
      else if (fates[n] === "fail" || fates[n] === "hand back") this.#of(id).returned++;
      else this.#of(id).completed++;
    }
  }

  async #change(changes: readonly Change[]): Promise<string[] | undefined> {
    if (changes.length === 0) return [];
    const outcomes = await this.#call(() => this.#adapter.cas(changes));
    for (const { status } of outcomes ?? []) if (status !== "ok") count(this.#refused, `cas ${status}`);
    return outcomes?.map(({ status }) => status);
  }

  /** Nothing waits, and nobody holds what may come back. Looked up for all clients of this process together. */
  #isEmpty(): Promise<boolean> {
    return (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  async #look(): Promise<boolean> {
    await delay(LOOK_MS);
    const lanes = await this.#call(() => this.#adapter.lanes());
    return lanes?.every(({ counts }) => ["waiting", "delayed", "active"].every((state) => !counts[state])) ?? false;
  }

  async #call<T>(verb: () => Promise<T>): Promise<T | undefined> {
    this.#calls++;
    try {
      return await verb();
    } catch (error) {
      count(this.#errors, isQueueError(error) ? error.code : String(error));
      return undefined;
    }
  }

  #of(id: string): { polled: number; returned: number; completed: number } {
    const known = this.#jobs.get(id);
    if (known) return known;
    const fresh = { polled: 0, returned: 0, completed: 0 };
    this.#jobs.set(id, fresh);
    return fresh;
  }
}

function drawFate(): Fate {
  const chance = Math.random();
  if (chance < 0.8) return "complete";
  if (chance < 0.9) return "renew and complete";
  return chance < 0.95 ? "fail" : "hand back";
}

function renewal({ id, token }: Job): Change {
  return { id, expect: { token }, set: { leaseMs: LEASE_MS } };
}

function settlement({ id, token, attempt }: Job, fate: Fate): Change {
  if (fate === "fail")
    return { id, expect: { token }, set: { state: "waiting", delayMs: 20, error: { message: "no" } } };
  if (fate === "hand back") return { id, expect: { token }, set: { state: "waiting", attempt: attempt - 1 } };
  return { id, expect: { token }, set: { state: "completed", result: null } };
}

function count(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
