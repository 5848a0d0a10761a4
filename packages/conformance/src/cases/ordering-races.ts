import type { Adapter, Job, NewJob } from "@anyqueue/api";
import fc from "fast-check";
import type { Case } from "../case.ts";
import { holds, idsOf, same, sameIds } from "../check.ts";
import { durable, shared, transactional } from "../needs.ts";
import { HOUR, LEASE, RANDOM_LIMIT, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";
import { finds, inTurn } from "./ordering-keys.ts";

const KEY = { orderingKey: "k" } as const;

/** P18 when many work at once, at random, in a transaction, or after the store was closed. */
export const orderingRaces: readonly Case[] = [
  {
    promise: "P18",
    title: "never gives two jobs of one key at once to concurrent polls, and strands none",
    async run(t) {
      await workTogether(t, [t.adapter, t.adapter, t.adapter, t.adapter]);
    },
  },
  {
    promise: "P18",
    title: "never gives two jobs of one key at once to several handles that add and finish jobs, and strands none",
    needs: shared,
    async run(t) {
      await workTogether(t, [t.adapter, await t.reopen(), await t.reopen(), await t.reopen()]);
    },
  },
  {
    promise: "P18",
    title: "gives a turn to one of several handles that poll when it becomes free",
    needs: shared,
    async run(t) {
      const handles = [t.adapter, await t.reopen(), await t.reopen()];
      const ids = await t.addAll(Array.from({ length: 15 }, () => KEY));
      const order: string[] = [];
      for (const id of ids) {
        const jobs = (await Promise.all(handles.map((handle) => t.take({ limit: 9 }, handle)))).flat();
        // A poll that met another one at work may have found nothing; the next one does.
        const [held] = jobs.length > 0 ? jobs : await t.take({ limit: 9 });
        holds(jobs.length <= 1 && held !== undefined, `${jobs.length} jobs of one key were given at once.`);
        order.push(held.id);
        same(held.id, id, "Jobs of one key were not given in insertion order.");
        await t.complete(held);
      }
    },
  },
  {
    promise: "P18",
    title: "gives the turn of a job back when the transaction that finished or added it is rolled back",
    needs: transactional,
    async run(t) {
      const [first, second] = await t.addAll([KEY, KEY]);
      const held = await t.claim();
      const complete = { id: first, expect: { token: held.token }, set: { state: "completed" } };
      await rolledBack(t, (tx) => t.adapter.cas([complete], { now: T0, tx }));
      await finds(t, []);
      await t.transaction(async (tx) => void (await t.adapter.cas([complete], { now: T0, tx })));
      const next = await t.claim();
      same(next.id, second, "The turn was lost with the commit.");
      await t.complete(next);
      await rolledBack(t, (tx) => t.adapter.insert([t.job(KEY)], { now: T0, tx }));
      await inTurn(t, [await t.add(KEY)]);
    },
  },
  {
    promise: "P18",
    title: "knows over a close and another open whose turn it is",
    needs: durable,
    async run(t) {
      const [a, b, c] = await t.addAll([KEY, KEY, KEY]);
      await t.complete(await t.claim());
      const held = await t.claim();
      same(held.id, b, "The second job was due.");
      await t.apply({ id: a, expect: { state: "completed" }, set: { state: "waiting" } });
      await t.apply({ id: b, expect: { token: held.token }, set: { state: "waiting", runAt: T0 + HOUR } });
      await t.adapter.configure("main", { keyConcurrency: null });
      await t.adapter.close();
      const again = await t.reopen();
      sameIds(await t.take({ limit: 9 }, again), [], "The turn of a job was forgotten while the store was closed.");
      for (const [id, now] of [
        [b, T0 + HOUR],
        [a, T0 + HOUR],
        [c, T0 + HOUR],
      ] as const) {
        const [job, ...more] = await t.take({ limit: 9, now }, again);
        same([job?.id, more.length], [id, 0], "The order of a key changed while the store was closed.");
        await again.cas([{ id, expect: { token: job?.token ?? 0 }, set: { state: "completed" } }], { now });
      }
    },
  },
  {
    promise: "P18",
    title: "gives every job of a key its turn, in order and one at a time, whatever happens to the others",
    async run(t) {
      const verb = fc.constantFrom(
        "add",
        "add",
        "add",
        "poll",
        "poll",
        "end",
        "end",
        "back",
        "requeue",
        "cancel",
        "remove",
      );
      const step = fc.record({ verb, key: fc.constantFrom("a", "b", "c", undefined), pick: fc.nat(999) });
      let round = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
          round += 1;
          await new Line(t, `round${round}`).follow(steps);
        }),
        { seed: t.seed, numRuns: 40, interruptAfterTimeLimit: RANDOM_LIMIT },
      );
    },
  },
];

/** A lane that is worked on at random, checked at each poll against what is in line. */
class Line {
  readonly #t: Trial;
  readonly #lane: string;
  #now = T0;

  constructor(t: Trial, lane: string) {
    this.#t = t;
    this.#lane = lane;
  }

  async follow(steps: readonly { verb: string; key: string | undefined; pick: number }[]): Promise<void> {
    for (const { verb, key, pick } of steps) {
      const wish = { lane: this.#lane, priority: pick % 5, ...(key !== undefined && { orderingKey: key }) };
      if (verb === "add") await this.#t.add({ ...wish, delayMs: pick % 3 === 0 ? 5 : 0 }, { now: this.#now });
      else if (verb === "poll") await this.#poll(1 + (pick % 4));
      else await this.#change(verb, pick);
      this.#now += pick % 4;
    }
    await this.#drain();
  }

  /** Works as one would who sleeps until `nextDueAt`, so nobody is left behind. */
  async #drain(): Promise<void> {
    for (let wakes = 0; wakes < 80; wakes++) {
      for (const job of await this.#inLine()) if (job.lease) await this.#set(job, { state: "completed" });
      const nextDueAt = await this.#poll(3);
      if (nextDueAt === null) break;
      this.#now = Math.max(this.#now, Math.min(nextDueAt, this.#now + 10));
    }
    sameIds(await this.#inLine(), [], "Jobs were left behind under their key.");
  }

  async #poll(limit: number): Promise<number | null> {
    const before = await this.#inLine();
    const request = { lanes: [this.#lane], limit, lease: { ms: HOUR, holder: "ann" }, now: this.#now };
    const { jobs, nextDueAt } = await this.#t.adapter.poll(request);
    for (const { id, orderingKey } of jobs) {
      const first = before.find((each) => each.orderingKey === orderingKey);
      holds(orderingKey === undefined || first?.id === id, `${id} was given before ${first?.id}, which comes first.`);
      holds(!before.some((each) => each.id === id && each.lease), "A job was given that somebody holds.");
    }
    return nextDueAt;
  }

  async #change(verb: string, pick: number): Promise<void> {
    const jobs = await this.#inLine();
    const fitting = verb === "end" || verb === "back" ? jobs.filter((job) => job.lease) : jobs;
    const job = fitting[pick % Math.max(1, fitting.length)];
    if (!job) return;
    if (verb === "end") await this.#set(job, { state: pick % 2 ? "completed" : "failed" });
    if (verb === "back") await this.#set(job, { state: "waiting", delayMs: pick % 6 });
    if (verb === "requeue") await this.#set(job, { state: "waiting", requeue: true });
    if (verb === "cancel") await this.#set(job, { state: "cancelled" });
    if (verb === "remove") await this.#t.adapter.remove({ ids: [job.id] });
  }

  async #set({ id, version }: Job, set: { state: string; delayMs?: number; requeue?: true }): Promise<void> {
    await this.#t.apply({ id, expect: { version }, set }, this.#now);
  }

  /** The unfinished jobs in insertion order. */
  async #inLine(): Promise<readonly Job[]> {
    const states = ["waiting", "delayed", "active"];
    return (await this.#t.adapter.list({ lanes: [this.#lane], states, limit: 99, now: this.#now })).items;
  }
}

/** Every handle adds jobs of a few keys and works on what it finds, until all are finished. */
async function workTogether(t: Trial, handles: readonly Adapter[]): Promise<void> {
  const keys = ["a", "b", "c"];
  const each = 24;
  const added = handles.map((_, h) =>
    Array.from({ length: each }, (__, i) => t.job({ orderingKey: keys[i % 3] ?? "", payload: h })),
  );
  const heldBy = new Map<string, string>();
  let left = handles.length * each;
  const work = async (handle: Adapter, jobs: NewJob[]): Promise<void> => {
    const lease = { ms: LEASE, holder: "ann" };
    for (let rounds = 0; left > 0; rounds++) {
      holds(rounds < 5000, `${left} jobs were left behind under their keys.`);
      const job = jobs.shift();
      if (job) await handle.insert([job], { now: T0 });
      const found = (await handle.poll({ lanes: ["main"], limit: 2, lease, now: T0 })).jobs;
      for (const { id, orderingKey = "" } of found) {
        same(heldBy.get(orderingKey), undefined, `Two jobs of one key were given at once: ${id} and another one.`);
        heldBy.set(orderingKey, id);
      }
      await new Promise(setImmediate);
      if (found.length === 0) continue;
      for (const { orderingKey = "" } of found) heldBy.delete(orderingKey);
      left -= found.length;
      const changes = found.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } }));
      const outcomes = await handle.cas(changes, { now: T0 });
      const statuses = new Set(outcomes.map((outcome) => outcome.status));
      same(statuses, new Set(["ok"]), "A job could not be completed by its holder.");
    }
  };
  await Promise.all(handles.map((handle, h) => work(handle, [...(added[h] ?? [])])));
  const { items } = await t.adapter.list({ states: ["completed"], limit: 999, now: T0 });
  same(items.length, handles.length * each, "Not every job was run.");
  const started = items.toSorted((a, b) => a.token - b.token);
  for (const [h, jobs] of added.entries()) {
    for (const key of keys) {
      const mine = started.filter((job) => job.payload === h && job.orderingKey === key);
      same(
        idsOf(mine),
        jobs.flatMap((job) => (job.orderingKey === key ? [job.id] : [])),
        "Jobs of one key ran out of order.",
      );
    }
  }
}

async function rolledBack(t: Trial, work: (tx: never) => Promise<unknown>): Promise<void> {
  const failed = t.transaction(async (tx) => {
    await work(tx);
    throw new Error("roll back");
  });
  await failed.catch(() => {});
}
