import type { Hint, Job } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { backend, memory } from "@anyqueue/adapter-memory";
import { lease, newJob } from "./jobs.ts";

describe("MemoryAdapter", () => {
  it("P1 declares what it can do as frozen data", () => {
    expect(memory().capabilities).toEqual({
      durability: "none",
      scope: "process",
      atomicity: "store",
      transactions: false,
      push: true,
    });
    expect(memory({ snapshot: { path: "jobs" } }).capabilities.durability).toBe("snapshot");
    expect(Object.isFrozen(memory().capabilities)).toBe(true);
  });

  it("P2 keeps nothing that a caller could change from outside", async () => {
    const queue = memory();
    const payload = { list: [1] };
    const backoff = { type: "fixed", delayMs: 1 } as const;
    const error = { message: "no" };
    const keep = { completed: 5 };
    await queue.insert([newJob("a", { payload, progress: { at: 1 }, backoff })]);
    await queue.configure("default", { keep });
    await queue.cas([{ id: "default:a", expect: { version: 1 }, set: { error } }]);

    payload.list.push(2);
    Object.assign(backoff, { delayMs: 2 });
    Object.assign(error, { message: "yes" });
    keep.completed = 6;
    const [first] = (await queue.get(["default:a"])) as [Job];
    Object.assign(first.payload as object, { list: [] });
    Object.assign(first.error ?? {}, { message: "maybe" });

    const [job] = (await queue.get(["default:a"])) as [Job];
    expect(job).toMatchObject({ payload: { list: [1] }, progress: { at: 1 }, backoff: { delayMs: 1 } });
    expect(job.error).toEqual({ message: "no" });
    expect((await queue.lanes())[0]?.settings).toEqual({ keep: { completed: 5 } });
  });

  it("P7 takes ready jobs by priority, due time and insertion, also when some came due between polls", async () => {
    const queue = memory();
    await queue.insert([newJob("late", { runAt: 20 }), newJob("c", { runAt: 5 }), newJob("d", { runAt: 5 })], {
      now: 10,
    });
    await queue.insert([newJob("urgent", { runAt: 15, priority: 0 })], { now: 10 });

    const { jobs } = await queue.poll({ lanes: ["default"], limit: 10, lease, now: 20 });

    expect(jobs.map(({ id }) => id)).toEqual(["default:urgent", "default:c", "default:d", "default:late"]);
  });

  it("P8 finds no job before its time, also when the caller's clock goes back", async () => {
    const queue = memory();
    await queue.insert([newJob("a", { runAt: 100 })], { now: 100 });

    expect(await queue.poll({ lanes: ["default"], limit: 1, lease, now: 50 })).toMatchObject({
      jobs: [],
      nextDueAt: 100,
    });
    expect((await queue.lanes({ now: 50 }))[0]?.counts).toEqual({ delayed: 1 });
    expect((await queue.poll({ lanes: ["default"], limit: 1, lease, now: 100 })).jobs).toHaveLength(1);
  });

  it("P8 P10 makes ready a bounded number of jobs in a poll, and says that there are more", async () => {
    const queue = memory();
    const ahead = Array.from({ length: 10_001 }, (_, i) => newJob(`${i}`, { runAt: 100, type: "other" }));
    await queue.insert(ahead, { now: 0 });
    await queue.insert([newJob("wanted", { runAt: 101 })], { now: 0 });

    const request = { lanes: ["default"], types: ["mail.send"], limit: 1, lease, now: 200 };
    let after: string | undefined;
    let found: readonly Job[] = [];
    for (let calls = 0; calls < 20 && found.length === 0; calls++) {
      const answer = await queue.poll({ ...request, ...(after !== undefined && { after }) });
      expect(answer.nextDueAt).toBeLessThanOrEqual(200);
      after = answer.after;
      found = answer.jobs;
    }

    expect(found.map(({ id }) => id)).toEqual(["default:wanted"]);
  });

  it("P9 goes on behind the candidates that a filter has refused, in each lane, and comes to an end", async () => {
    const queue = memory();
    const jobs = ["a", "b"].flatMap((lane) =>
      Array.from({ length: lane === "a" ? 2500 : 1200 }, (_, i) => newJob(`${i}`, { lane, payload: { n: i } })),
    );
    await queue.insert(jobs, { now: 0 });
    const request = { lanes: ["a", "b"], where: { "payload.n": { gte: 1100 } }, limit: 10_000, lease, now: 1 };

    const found: Job[] = [];
    let calls = 0;
    let after: string | undefined;
    do {
      const page = await queue.poll({ ...request, ...(after !== undefined && { after }) });
      found.push(...page.jobs);
      after = page.after;
      calls++;
    } while (after !== undefined && calls < 20);

    expect(calls).toBe(3);
    expect(found).toHaveLength(1400 + 100);
    expect(new Set(found.map(({ id }) => id)).size).toBe(1500);
  });

  it("P7 takes no more from a lane that comes twice than each of its shares and the limit allow", async () => {
    const queue = memory();
    await queue.insert(["1", "2", "3", "4"].flatMap((id) => [newJob(id, { lane: "a" }), newJob(id, { lane: "b" })]));

    const { jobs } = await queue.poll({
      lanes: [{ lane: "a", limit: 1 }, { lane: "b", limit: 1 }, "a"],
      limit: 4,
      lease,
    });

    expect(jobs.map(({ id }) => id)).toEqual(["a:1", "b:1", "a:2", "a:3"]);
  });

  it("P7 begins at another lane each time when no lane is named", async () => {
    const queue = memory();
    await queue.insert(["1", "2"].flatMap((id) => [newJob(id, { lane: "a" }), newJob(id, { lane: "b" })]));

    const lanes = [];
    for (let n = 0; n < 4; n++) lanes.push((await queue.poll({ limit: 1, lease })).jobs[0]?.lane);

    expect(lanes).toEqual(["a", "b", "a", "b"]);
  });

  it("P4 adds none of a call in which an id comes twice", async () => {
    const queue = memory();

    const outcomes = await queue.insert([newJob("a"), newJob("b"), newJob("a")], { allOrNone: true });

    expect(outcomes.map(({ status }) => status)).toEqual(["skipped", "skipped", "existing"]);
    expect(await queue.get(["default:a", "default:b"])).toEqual([null, null]);
  });

  it("P12 judges a predicate by what was put in, and leaves sealed values alone", async () => {
    const queue = memory();
    await queue.insert([newJob("a", { payload: "text", progress: '"text"' })]);
    const change = { id: "default:a", set: { priority: 1 } } as const;

    const refused = await queue.cas([{ ...change, expect: { version: 1, where: { payload: { eq: '"text"' } } } }]);
    const made = await queue.cas([{ ...change, expect: { version: 1, where: { payload: { eq: "text" } } } }]);

    expect([refused[0]?.status, made[0]?.status]).toEqual(["conflict", "ok"]);
    expect((await queue.get(["default:a"]))[0]).toMatchObject({ payload: "text", progress: '"text"', priority: 1 });
  });

  it("P9 ends a page of a filtered list at its bound of candidates, wanted or not, unless more were asked for", async () => {
    const queue = memory();
    const jobs = Array.from({ length: 2500 }, (_, n) => newJob(`${n}`, { payload: { n: n % 2 } }));
    await queue.insert(jobs, { now: 0 });

    const where = { "payload.n": { eq: 1 } };
    const first = await queue.list({ where, limit: 600 });
    expect(first.items).toHaveLength(500);
    const second = await queue.list({ where, limit: 1500, after: first.after ?? "" });
    expect([second.items.length, second.after]).toEqual([750, undefined]);
  });

  it.each(["inserted", "poll", "finished"] as const)("lists every job once, in pages, by %s order", async (order) => {
    const queue = memory();
    const jobs = Array.from({ length: 3000 }, (_, i) =>
      newJob(`${i}`, { lane: `lane${i % 3}`, priority: (i * 7919) % 1009, runAt: (i * 31) % 2000, group: "all" }),
    );
    await queue.insert(jobs, { now: 1000 });
    const polled = await queue.poll({ limit: 900, lease, now: 1000 });
    const finish = polled.jobs
      .slice(0, 600)
      .map(({ id }, i) => ({ id, expect: { version: 2 }, set: { state: "failed" }, i }));
    for (const { i, ...change } of finish) await queue.cas([change], { now: 2000 - (i % 50) });

    for (const group of [{}, { group: "all" }]) {
      const seen: Job[] = [];
      let after: string | undefined;
      do {
        const page = await queue.list({ ...group, order, limit: 97, now: 1000, ...(after !== undefined && { after }) });
        seen.push(...page.items);
        after = page.after;
      } while (after !== undefined);

      const keyOf = (job: Job): number[] =>
        order === "finished"
          ? [job.finishedAt ?? 0]
          : order === "poll"
            ? [job.priority, job.runAt]
            : [Number(job.id.slice(6))];
      const keys = seen.map(keyOf);
      expect(new Set(seen.map(({ id }) => id)).size).toBe(order === "finished" ? 600 : 3000);
      expect(seen).toHaveLength(order === "finished" ? 600 : 3000);
      expect(keys).toEqual(keys.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0) || (a[1] ?? 0) - (b[1] ?? 0)));
    }
  });

  it("P24 wakes who waits for a lane whose pause has ended", async () => {
    const queue = memory();
    await queue.configure("default", { paused: true });
    const hints: Hint[] = [];
    await queue.subscribe((hint) => hints.push(hint));
    await queue.configure("default", { paused: null });
    expect(hints).toEqual([{ lane: "default" }]);
  });

  it("P24 tells subscribers after the call, and one that throws stops neither the call nor the others", async () => {
    const queue = memory();
    const hints: Hint[] = [];
    await queue.subscribe(() => {
      throw new Error("broken subscriber");
    });
    const stop = await queue.subscribe((hint) => hints.push(hint));
    await queue.insert([newJob("a"), newJob("b")]);
    await Promise.resolve();
    const { jobs } = await queue.poll({ lanes: ["default"], limit: 1, lease });
    await queue.cas(jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } })));
    await Promise.resolve();
    stop();
    await queue.insert([newJob("c")]);
    await Promise.resolve();

    expect(hints).toEqual([{ lane: "default" }, { job: "default:a" }]);
  });
});

describe("backend", () => {
  it("turns a URL into options", () => {
    expect(backend.fromUrl("", {})).toEqual({});
    expect(backend.fromUrl("", { snapshot: "jobs", every: "5s" })).toEqual({
      snapshot: { path: "jobs", every: "5s" },
    });
    expect(backend.fromUrl("", { snapshot: "jobs", every: "often" })).toEqual({
      snapshot: { path: "jobs", every: "often" },
    });
  });
});
