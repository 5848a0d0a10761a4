import { type CasOutcome, type Change, type Job, type NewJob, Queue } from "@anyqueue/api";
import type { PostgresAdapter } from "@anyqueue/adapter-postgres";
import type pg from "pg";
import { describe, expect, it, onTestFinished } from "vitest";
import { changedUrl } from "./connections.ts";
import { openClient, temporarySchema } from "./server.ts";
import { job, makeStore, openStore } from "./stores.ts";

const ADAPTERS = 6;
/** Of each adapter, every one with a connection of its own. */
const CLIENTS = 10;
const ROUNDS = 4 * Number(process.env["ANYQUEUE_TEST_STORMS"] ?? 1);
const LANES = ["mail", "media"];
const GROUPS = 5;
/** So few that every id is added by many at once. */
const SHARED = 40;

/** Clients of one store that get in each other's way wherever they can, and what came of it. */
class Crowd {
  readonly counts = { added: 0, removed: 0, completed: 0, cancelled: 0, retried: 0, appended: 0 };
  readonly complaints: string[] = [];
  readonly #held = new Map<string, number>();
  readonly #tokens = new Set<number>();
  #numbers = 0;

  async run(adapter: PostgresAdapter, queue: Queue, rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await this.#try("insert", () => this.#insert(adapter));
      await this.#try("poll and settle", () => this.#work(adapter, false));
      await this.#try("append", () => this.#append(adapter));
      const group = `group-${random(GROUPS)}`;
      if (round % 4 === 1) await this.#try("cancel", () => this.#cancel(queue, group));
      if (round % 4 === 2) await this.#try("retry", () => this.#retry(queue, group));
      if (round % 4 === 3) await this.#try("remove", () => this.#remove(adapter));
    }
  }

  /** Completes what is left. */
  async drain(adapter: PostgresAdapter): Promise<void> {
    while ((await this.#work(adapter, true)) > 0);
  }

  async #insert(adapter: PostgresAdapter): Promise<void> {
    const fresh = Array.from({ length: 3 }, () => this.#fresh());
    const shared = Array.from({ length: 3 }, () => job(`shared-${random(SHARED)}`, { lane: "gone" }));
    const added = await adapter.insert(fresh);
    // In any order, also an id twice.
    const maybe = await adapter.insert(shared, { maybeStored: true });
    this.counts.added += [...added, ...maybe].filter(({ status }) => status === "added").length;
    if (added.some(({ status }) => status !== "added")) this.complaints.push("a new id existed");
  }

  #fresh(): NewJob {
    const number = this.#numbers++;
    const lane = LANES[number % LANES.length] ?? "mail";
    return job(String(number), { lane, priority: random(3), group: `group-${random(GROUPS)}`, maxAttempts: 1000 });
  }

  async #work(adapter: PostgresAdapter, isOver: boolean): Promise<number> {
    const { jobs } = await adapter.poll({ lanes: LANES, limit: 5, lease: { ms: 3_600_000, holder: "crowd" } });
    for (const { id, token } of jobs) {
      if (this.#held.has(id)) this.complaints.push(`${id} is held twice`);
      if (this.#tokens.has(token)) this.complaints.push(`token ${token} was given twice`);
      this.#held.set(id, token);
      this.#tokens.add(token);
    }
    const renewals = jobs.map(({ id, token }): Change => ({ id, expect: { token }, set: { leaseMs: 3_600_000 } }));
    this.#demandOk(await adapter.cas(renewals), "renew");
    const changes = jobs.map((each) => this.#settlement(each, isOver));
    // From the moment of sending, somebody else may have it.
    for (const { id } of jobs) this.#held.delete(id);
    const outcomes = await adapter.cas(changes);
    this.#demandOk(outcomes, "settle");
    for (const [n, outcome] of outcomes.entries()) {
      if (changes[n]?.set.state === "completed") this.counts.completed++;
      // A job that was asked to stop and is given back ends by that (P21).
      else if (outcome.status === "ok" && outcome.cancelRequested) this.counts.cancelled++;
    }
    return jobs.length;
  }

  #settlement({ id, token, attempt }: Job, isOver: boolean): Change {
    const fate = isOver ? 0 : random(4);
    if (fate === 0) return { id, expect: { token }, set: { state: "completed", result: token } };
    if (fate === 1) return { id, expect: { token }, set: { state: "completed" }, event: "done" };
    if (fate === 2)
      return { id, expect: { token }, set: { state: "waiting", error: { message: "no", attempt, at: 0 } } };
    return { id, expect: { token }, set: { state: "waiting", attempt: 0, requeue: true } };
  }

  #demandOk(outcomes: readonly CasOutcome[], what: string): void {
    for (const { status } of outcomes) if (status !== "ok") this.complaints.push(`${what}: ${status}`);
  }

  async #append(adapter: PostgresAdapter): Promise<void> {
    const ids = [this.#numbers - 1, random(this.#numbers), random(this.#numbers)].map(
      (number) => `${LANES[number % LANES.length]}:${number}`,
    );
    const outcomes = await adapter.append(ids.map((id) => ({ id, event: "note" })));
    this.counts.appended += outcomes.filter(({ status }) => status === "ok").length;
  }

  async #cancel(queue: Queue, group: string): Promise<void> {
    const { cancelled } = await queue.cancel({ group });
    this.counts.cancelled += cancelled;
  }

  async #retry(queue: Queue, group: string): Promise<void> {
    const retried = await queue.retry({ group, states: ["cancelled", "completed"] });
    this.counts.retried += retried;
  }

  async #remove(adapter: PostgresAdapter): Promise<void> {
    const ids = Array.from({ length: 5 }, () => `gone:shared-${random(SHARED)}`);
    const removed = await adapter.remove({ ids });
    this.counts.removed += removed;
  }

  async #try(what: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.complaints.push(`${what}: ${String(error)}`);
    }
  }
}

describe("a crowd of clients with a connection each", () => {
  it("P3 P6 P12 P14 P21 P26 adds, polls, settles, cancels, retries and removes at once, to exact counts", async ({
    annotate,
  }) => {
    const schema = temporarySchema();
    const adapters = await Promise.all(
      Array.from({ length: ADAPTERS }, () => openStore({ schema, connections: CLIENTS })),
    );
    const queues = await Promise.all(adapters.map(openQueueOn));
    const client = await openClient();
    const before = await deadlocksOf(client);
    const crowd = new Crowd();
    await Promise.all(
      adapters.flatMap((adapter, n) =>
        Array.from({ length: CLIENTS }, () => crowd.run(adapter, queues[n] as Queue, ROUNDS)),
      ),
    );
    await crowd.drain(adapters[0] as PostgresAdapter);

    const { added, removed, completed, cancelled, retried, appended } = crowd.counts;
    const deadlocks = (await deadlocksOf(client)) - before;
    await annotate(JSON.stringify({ ...crowd.counts, deadlocks }));
    expect(crowd.complaints).toEqual([]);
    const stored = await countsOf(client, schema);
    expect(stored).toEqual({
      jobs: added - removed,
      distinct: added - removed,
      // Who ended and was not opened again, ended once.
      ended: completed + cancelled - retried,
      unfinished: 0,
      notes: appended,
    });
  });
});

describe("a new schema", () => {
  it.each(["read committed", "serializable"])(
    "P25 is made once by a crowd that opens it at once, all of whom can use it (%s)",
    async (isolation) => {
      const schema = temporarySchema();
      const options = `-c default_transaction_isolation=${isolation.replace(" ", "\\ ")}`;
      const url = await changedUrl((it) => it.searchParams.set("options", options));
      const stores = await Promise.all(Array.from({ length: 40 }, () => makeStore({ schema, url, connections: 1 })));
      await Promise.all(
        stores.map(async (store, n) => {
          await store.open();
          await store.insert([job(String(n))]);
        }),
      );
      const lease = { ms: 60_000, holder: "me" };
      const found = await Promise.all(stores.map((store) => store.poll({ limit: 1, lease })));
      expect(new Set(found.flatMap(({ jobs }) => jobs.map(({ id }) => id))).size).toBe(40);
    },
  );
});

async function openQueueOn(adapter: PostgresAdapter): Promise<Queue> {
  const queue = new Queue(adapter as never, { retention: false });
  await queue.open();
  onTestFinished(() => queue.close());
  return queue;
}

async function countsOf(client: pg.Client, schema: string): Promise<unknown> {
  const { rows } = await client.query(`
    SELECT count(*)::int AS jobs, count(DISTINCT id)::int AS distinct,
      count(*) FILTER (WHERE state IN ('completed', 'cancelled'))::int AS ended,
      count(*) FILTER (WHERE state NOT IN ('completed', 'cancelled') AND lane <> 'gone')::int AS unfinished,
      (SELECT count(*) FROM ${schema}.events WHERE detail ->> 'data' = 'note')::int AS notes
    FROM (SELECT id, lane, state FROM ${schema}.hot_jobs UNION ALL SELECT id, lane, state FROM ${schema}.history) j`);
  return rows[0];
}

async function deadlocksOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    "SELECT sum(deadlocks)::int AS n FROM pg_stat_database, pg_stat_clear_snapshot()",
  );
  return rows[0]?.n ?? 0;
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}
