import type { Adapter, Job, NewJob } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { memory } from "@anyqueue/adapter-memory";
import { finish, lease, newJob } from "./jobs.ts";

const NOW = 1000;

function many(count: number, fields: (i: number) => Partial<NewJob>): NewJob[] {
  return Array.from({ length: count }, (_, i) => newJob(`${i}`, fields(i)));
}

async function take(queue: Adapter, limit: number, lanes = ["default"]): Promise<readonly Job[]> {
  return (await queue.poll({ lanes, limit, lease, now: NOW })).jobs;
}

describe("shaping at scale", () => {
  // How fast that is, beside a lane without the busy key, `anyqueue bench --scenarios shaping` tells.
  it("P18 takes and settles five thousand other jobs with a hundred thousand parked behind one key", async () => {
    const queue = memory();
    await queue.insert(
      many(100_000, () => ({ orderingKey: "k", priority: 0 })),
      { now: NOW },
    );
    await take(queue, 1);
    await queue.insert(
      many(1000, () => ({ lane: "other" })),
      { now: NOW },
    );
    for (let round = 0; round < 500; round++) {
      const jobs = await take(queue, 10, ["other", "default"]);
      expect(jobs.map(({ lane }) => lane)).toEqual(Array(10).fill("other"));
      const changes = jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "waiting" } }));
      await queue.cas(changes, { now: NOW });
    }
    expect((await queue.lanes({ now: NOW }))[0]?.counts).toEqual({ active: 1, waiting: 99_999 });
  });

  it("P18 works a line of ten thousand off in order, each job found by the poll after the one before has ended", async () => {
    const queue = memory();
    await queue.insert(
      many(10_000, (i) => ({ orderingKey: "k", priority: i % 7 })),
      { now: NOW },
    );

    const polls: string[] = [];
    for (let i = 0; i < 10_000; i++) {
      const jobs = await take(queue, 5);
      polls.push(jobs.map(({ id }) => id.slice(8)).join());
      await queue.cas(
        jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })),
        { now: NOW },
      );
    }

    expect(polls).toEqual(Array.from({ length: 10_000 }, (_, i) => `${i}`));
    expect(await take(queue, 5)).toEqual([]);
  });

  it("P20 releases ten thousand jobs that depend on each of ten thousand others no sooner than the last has ended", async () => {
    const queue = memory();
    await queue.insert(
      many(10_000, () => ({})),
      { now: NOW },
    );
    const dependsOn = Array.from({ length: 10_000 }, (_, i) => `default:${i}`);
    await queue.insert([newJob("join", { dependsOn })], { now: NOW });
    await queue.insert(
      Array.from({ length: 10_000 }, (_, i) => newJob(`leaf${i}`, { lane: "leaves", dependsOn: ["default:join"] })),
      { now: NOW },
    );

    const jobs = await take(queue, 9999);
    await queue.cas(
      jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })),
      { now: NOW },
    );
    expect((await queue.get(["default:join"]))[0]?.state).toBe("blocked");
    await finish(queue, "9999", "completed");
    expect((await queue.get(["default:join"]))[0]?.state).toBe("waiting");
    await finish(queue, "join", "completed");
    expect((await queue.lanes({ now: NOW }))[1]?.counts).toEqual({ waiting: 10_000 });
  });

  it("P20 carries an end down a chain of twenty thousand jobs, and down one that comes in one call", async () => {
    const queue = memory();
    const chain = many(20_000, (i) => (i === 0 ? {} : { dependsOn: [`default:${i - 1}`] }));
    await queue.insert(chain, { now: NOW });
    await finish(queue, "0", "failed");
    expect((await queue.lanes({ now: NOW }))[0]?.counts).toEqual({ failed: 1, cancelled: 19_999 });

    const other = chain.map((_, i) => newJob(`${i}`, { lane: "other", dependsOn: [`other:${i + 1}`] }));
    await queue.insert(other, { now: NOW });
    expect((await queue.lanes({ now: NOW }))[1]?.counts).toEqual({ cancelled: 20_000 });
    expect((await queue.get(["other:0"]))[0]).toMatchObject({ version: 1, finishedAt: NOW });
  });

  it("P20 keeps no note of jobs that are gone, so that an id can be used anew", async () => {
    const queue = memory();
    const unique = { key: "k", until: { windowMs: 9999 } } as const;
    for (let round = 0; round < 3; round++) {
      const jobs = [newJob("a"), newJob("b", { dependsOn: ["default:a"], orderingKey: "k", unique })];
      const outcomes = await queue.insert(jobs, { now: NOW });
      expect(outcomes.map(({ status }) => status)).toEqual(["added", "added"]);
      expect(await queue.remove({ ids: ["default:b", "default:a"] })).toBe(2);
    }
    await queue.insert([newJob("c", { orderingKey: "k", unique })], { now: NOW });
    expect(await take(queue, 9)).toHaveLength(1);
  });

  it("P26 removes by the jobs' own `keep`, the lane's and its `count` together just what each of them means", async () => {
    const queue = memory();
    const states = ["completed", "failed", "cancelled"] as const;
    const own = [undefined, false, 0, 40, 90, 1000] as const;
    const stateOf = (i: number): (typeof states)[number] => states[i % 3] ?? "failed";
    const keepOf = (i: number): number | false | undefined => own[(i * 5) % 6];
    await queue.configure("default", { keep: { completed: 50, failed: 50, cancelled: 50 } });
    await queue.insert(
      many(600, (i) => (keepOf(i) === undefined ? {} : { keep: { [stateOf(i)]: keepOf(i) as number | false } })),
      { now: NOW },
    );
    const finishedAt = (i: number): number => NOW + ((i * 37) % 101);
    for (let i = 0; i < 600; i++) await finish(queue, `${i}`, stateOf(i), finishedAt(i));
    const order = Array.from({ length: 600 }, (_, i) => i)
      .filter((i) => keepOf(i) !== false)
      .toSorted((a, b) => finishedAt(a) - finishedAt(b) || a - b);

    const now = NOW + 110;
    const keep = { completed: 50, failed: 20, cancelled: false, count: 300 } as const;
    let removed = 0;
    for (let count = 1; count > 0; removed += count)
      count = await queue.remove({ lane: "default", keep, limit: 70, now });

    const left = order.filter((i, place) => {
      const kept = keepOf(i) ?? keep[stateOf(i)];
      return place >= order.length - 300 && finishedAt(i) + (kept || 0) > now;
    });
    const { items } = await queue.list({ limit: 1000, order: "finished" });
    expect(items.map(({ id }) => Number(id.slice(8)))).toEqual(left);
    expect(removed).toBe(order.length - left.length);
  });
});
