import { once } from "node:events";
import type { Adapter, Job } from "@anyqueue/api";
import { describe, expect, it, vi } from "vitest";
import { decorate, losing, memory } from "../support/adapters.ts";
import { errorOf, rejectionOf } from "../support/errors.ts";
import { gate, openOn, openOver, untilAborted } from "../support/queues.ts";

const soon = { timeout: 60_000, interval: 5 };

/** Holds up the event loop, as a handler that computes does. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("a worker in trouble", () => {
  it("P13 P15 loses a job whose handler blocks the event loop beyond its lease; the job runs again, once", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1, { backoff: { type: "fixed", delay: 0 } });
    const attempts: number[] = [];
    const worker = queue.work(
      {
        a: (job) => {
          attempts.push(job.attempt);
          if (job.attempt === 1) block(250);
          return job.attempt;
        },
      },
      { lease: 150 },
    );
    const lost = once(worker, "lost");

    expect(await queue.result(id, { timeout: "8s" })).toBe(2);
    expect(await lost).toMatchObject([{ id, attempt: 1 }]);
    expect(attempts).toEqual([1, 2]);
    expect((await queue.eventPage({ id, kinds: ["failed"] })).items.map(({ error }) => error?.code)).toEqual([
      "LEASE_ENDED",
    ]);
  });

  it("P6 starts no job whose lease ended while it waited behind a handler that blocked", async () => {
    const queue = await openOn();
    const overlong: string[] = [];
    await queue.addMany(
      ["1", "2"].map((id) => ({ type: "a", payload: 1, options: { id, backoff: { type: "fixed", delay: 0 } } })),
    );
    const worker = queue.work(
      {
        a: (job) => {
          if ((job.lease?.until ?? 0) <= Date.now()) overlong.push(job.id);
          if (job.id === "default:1" && job.attempt === 1) block(250);
        },
      },
      { lease: 150, concurrency: 1, prefetch: 5 },
    );

    await vi.waitFor(async () => expect((await queue.lanes())[0]?.counts).toEqual({ completed: 2 }), soon);
    expect(overlong).toEqual([]);
    await worker.stop();
  });

  it("P13 tells a handler to stop whose lease it cannot renew, before the lease can end", async () => {
    let failing = false;
    const queue = await openOn((adapter) => ({
      cas: (...args) => (failing ? Promise.reject(new Error("down")) : adapter.cas(...args)),
    }));
    const stopped = gate<{ reason: unknown; until: number; now: number }>();
    const worker = queue.work(
      {
        a: async (job, { signal }) => {
          if (job.attempt > 1) return;
          failing = true;
          await untilAborted(signal).catch((reason: unknown) =>
            stopped.open({ reason, until: job.lease?.until ?? 0, now: Date.now() }),
          );
          failing = false;
        },
      },
      { lease: 900 },
    );
    const errors: unknown[] = [];
    worker.on("error", (error) => errors.push(error));
    await queue.add("a", 1);

    const { reason, until, now } = await stopped.opened;
    expect(reason).toMatchObject({ code: "LEASE_LOST" });
    expect(now).toBeLessThanOrEqual(until);
    expect(errors[0]).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("P13 goes on with its other jobs while one waits to be settled, for a key that a stranger's transaction holds", async () => {
    const { opened, open } = gate();
    const queue = await openOn((adapter) => ({
      cas: async (changes, at) => {
        if (changes.some(({ spawn }) => spawn !== undefined)) await opened;
        return adapter.cas(changes, at);
      },
    }));
    const worker = queue.work(
      {
        spawns: (_, ctx) => ctx.spawn("other", 1, { unique: { key: "k" }, lane: "elsewhere" }),
        plain: () => 1,
      },
      { lanes: ["default"] },
    );
    const held = await queue.add("spawns", 1);
    const { id } = await queue.add("plain", 1);

    expect(await queue.result(id, { timeout: "5s" })).toBe(1);
    expect(await queue.get(held.id)).toMatchObject({ state: "active" });
    open();
    await worker.stop();
    expect(await queue.get(held.id)).toMatchObject({ state: "completed" });
  });

  it("P13 tells a handler to stop whose job somebody else has removed or taken", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const reason = gate<unknown>();
    const worker = queue.work({ a: (_job, { signal }) => untilAborted(signal).catch(reason.open) }, { lease: 150 });
    await vi.waitFor(async () => expect((await queue.get(id))?.state).toBe("active"), soon);
    const lost = once(worker, "lost");

    await queue.remove(id);

    expect(await reason.opened).toMatchObject({ code: "LEASE_LOST" });
    await lost;
  });

  it("tells errors of the machinery, does not spin, and goes on when the store is back", async () => {
    let down = true;
    let polls = 0;
    const queue = await openOn((adapter) => ({
      poll: (request) => {
        polls++;
        return down ? Promise.reject(new Error("down")) : adapter.poll(request);
      },
    }));
    const { id } = await queue.add("a", 1);
    const worker = queue.work({ a: () => 1 }, { interval: 100 });
    const errors: unknown[] = [];
    const started = performance.now();
    worker.on("error", (error) => errors.push(error));

    await vi.waitFor(() => expect(errors.length).toBeGreaterThanOrEqual(5), soon);
    expect(errors[0]).toMatchObject({ code: "UNAVAILABLE" });
    expect(polls).toBeLessThanOrEqual(8 + (performance.now() - started) / 50);
    down = false;
    expect(await queue.result(id, { timeout: "5s" })).toBe(1);
  });

  it("stops at once also while it leaves a failing store alone", async () => {
    const queue = await openOn(() => ({ poll: () => Promise.reject(new Error("down")) }));
    const worker = queue.work({ a: () => 1 }, { interval: "1h" });
    let errors = 0;
    worker.on("error", () => errors++);
    await vi.waitFor(() => expect(errors).toBeGreaterThanOrEqual(7), soon);
    const before = performance.now();

    await worker.stop();

    expect(performance.now() - before).toBeLessThan(1000);
  });

  it("warns of errors that nobody listens for, and of listeners that throw", async () => {
    const warnings: unknown[] = [];
    const spy = vi.spyOn(process, "emitWarning").mockImplementation((warning) => void warnings.push(warning));
    const queue = await openOn(() => ({}));
    const worker = queue.work({ a: () => 1 });
    worker.on("completed", () => {
      throw new Error("listener");
    });

    const first = await queue.add("a", 1);
    await queue.result(first.id, { timeout: "5s" });
    await vi.waitFor(() => expect(warnings).toMatchObject([{ message: "listener" }]), soon);
    worker.on("error", () => {
      throw new Error("error listener");
    });
    const second = await queue.add("a", 1);
    expect(await queue.result(second.id, { timeout: "5s" })).toBe(1);
    await vi.waitFor(() => expect(warnings).toHaveLength(2), soon);
    spy.mockRestore();
  });

  it("P24 runs jobs within its interval when every hint is dropped", async () => {
    const queue = await openOn(() => ({ subscribe: async () => () => undefined }));
    const worker = queue.work({ a: () => 1 }, { interval: 30 });
    await worker.idle();

    for (let n = 0; n < 3; n++) {
      const { id } = await queue.add("a", 1);
      await vi.waitFor(async () => expect((await queue.get(id))?.state).toBe("completed"), soon);
    }
  });

  it("P24 works on a store that cannot be subscribed to", async () => {
    const queue = await openOn(() => ({ subscribe: () => Promise.reject(new Error("no hints")) }));
    queue.work({ a: () => 1 }, { interval: 30 });
    const { id } = await queue.add("a", 1);

    expect(await queue.result(id, { timeout: "5s" })).toBe(1);
  });

  it("hears of a job that is added before its subscription stands", async () => {
    const subscribed = gate();
    const looked = gate();
    const queue = await openOn((adapter) => ({
      subscribe: async (wake) => {
        await subscribed.opened;
        return adapter.subscribe(wake);
      },
      poll: async (request) => {
        const answer = await adapter.poll(request);
        looked.open();
        return answer;
      },
    }));
    const worker = queue.work({ a: () => 1 }, { interval: "1h" });
    await looked.opened;
    const completed = once(worker, "completed");
    const { id } = await queue.add("a", 1);
    subscribed.open();

    expect(await completed).toMatchObject([{ id }, 1]);
  });

  it("runs a delayed job when it is due, without hint or interval", async () => {
    const queue = await openOn(() => ({ subscribe: async () => () => undefined }));
    const { id } = await queue.add("a", 1, { delay: 60 });
    const worker = queue.work({ a: () => Date.now() }, { interval: "1h" });

    const [job, at] = (await once(worker, "completed")) as [Job, number];
    expect(job.id).toBe(id);
    expect(at).toBeGreaterThanOrEqual(job.runAt);
  });

  it("claims on when settling was slow for a while", async () => {
    const slow = gate();
    const queue = await openOn((adapter) => ({
      cas: async (...args) => {
        await slow.opened;
        return adapter.cas(...args);
      },
    }));
    await queue.addMany(Array.from({ length: 20 }, () => ({ type: "a", payload: 1 })));
    let ran = 0;
    const worker = queue.work({ a: () => void ran++ }, { concurrency: 1, prefetch: 0, interval: "1h" });
    await vi.waitFor(() => expect(ran).toBe(3), soon);

    slow.open();

    await vi.waitFor(() => expect(ran).toBe(20), soon);
    await worker.stop();
  });

  it("settles again when a reply was lost, and no job runs twice", async () => {
    const lose = losing(3);
    const runs = new Map<string, number>();
    const queue = await openOn((adapter) => ({ cas: (...args) => lose(() => adapter.cas(...args)) }));
    await queue.addMany(Array.from({ length: 50 }, () => ({ type: "a", payload: 1 })));
    queue.work({ a: (job) => void runs.set(job.id, (runs.get(job.id) ?? 0) + 1) });

    await vi.waitFor(async () => expect((await queue.lanes())[0]?.counts).toEqual({ completed: 50 }), soon);
    expect([...runs.values()].every((count) => count === 1)).toBe(true);
  });
});

describe("stop", () => {
  it("finishes what runs, and gives back uncharged what waits", async () => {
    const queue = await openOn();
    const finish = gate();
    await queue.addMany(["1", "2", "3"].map((id) => ({ type: "a", payload: 1, options: { id } })));
    const worker = queue.work({ a: () => finish.opened.then(() => "done") }, { concurrency: 1, prefetch: 5 });
    await vi.waitFor(() => expect(worker.load).toEqual({ running: 1, buffered: 2 }), soon);

    const stopped = worker.stop();
    await vi.waitFor(async () => expect((await queue.lanes())[0]?.counts).toEqual({ active: 1, waiting: 2 }), soon);
    finish.open();
    await stopped;

    expect(await queue.get(["default:1", "default:2", "default:3"])).toMatchObject([
      { state: "completed", attempt: 1, result: "done" },
      { state: "waiting", attempt: 0 },
      { state: "waiting", attempt: 0 },
    ]);
    expect((await queue.get("default:2"))?.lease).toBeUndefined();
  });

  it("gives back what waits also when the store fails for a moment", async () => {
    let fail = 0;
    const queue = await openOn((adapter) => ({
      cas: (...args) => (fail-- > 0 ? Promise.reject(new Error("down")) : adapter.cas(...args)),
    }));
    await queue.addMany(["1", "2"].map((id) => ({ type: "a", payload: 1, options: { id } })));
    const finish = gate();
    const worker = queue.work({ a: () => finish.opened }, { concurrency: 1, prefetch: 5 });
    await vi.waitFor(() => expect(worker.load).toEqual({ running: 1, buffered: 1 }), soon);

    fail = 1;
    finish.open();
    await worker.stop();

    expect(await queue.get(["default:1", "default:2"])).toMatchObject([
      { state: "completed" },
      { state: "waiting", attempt: 0 },
    ]);
  });

  it("tells handlers to stop when the grace is over, and gives their jobs back uncharged", async () => {
    const queue = await openOn();
    const reasons: unknown[] = [];
    await queue.addMany(["polite", "deaf"].map((type) => ({ type, payload: 1, options: { id: type } })));
    const worker = queue.work(
      {
        polite: (_job, { signal }) =>
          untilAborted(signal).catch((reason: unknown) => {
            reasons.push(reason);
            throw reason;
          }),
        deaf: () => new Promise<void>(() => undefined),
      },
      { grace: 20 },
    );
    await vi.waitFor(() => expect(worker.load.running).toBe(2), soon);

    await worker.stop();

    expect(reasons).toMatchObject([{ code: "STOPPING" }]);
    expect(await queue.get(["default:polite", "default:deaf"])).toMatchObject([
      { state: "waiting", attempt: 0 },
      { state: "waiting", attempt: 0 },
    ]);
  });

  it("waits for a handler beyond what a timer can count", async () => {
    const queue = await openOn();
    const finish = gate();
    const { id } = await queue.add("a", 1);
    let aborted = false;
    const worker = queue.work({
      a: async (_job, { signal }) => {
        signal.addEventListener("abort", () => (aborted = true));
        await finish.opened;
      },
    });
    await vi.waitFor(() => expect(worker.load.running).toBe(1), soon);

    const stopped = worker.stop({ grace: "30d" });
    await vi.waitFor(async () => expect((await queue.get(id))?.state).toBe("active"), soon);
    await new Promise((resolve) => setTimeout(resolve, 5));
    finish.open();
    await stopped;

    expect(aborted).toBe(false);
    expect(await queue.get(id)).toMatchObject({ state: "completed" });
  });

  it("takes no longer than twice the grace that it was given, whatever that of the worker", async () => {
    const queue = await openOn();
    const { id } = await queue.add("deaf", 1);
    const worker = queue.work({ deaf: () => new Promise<void>(() => undefined) }, { grace: "1h" });
    await vi.waitFor(() => expect(worker.load.running).toBe(1), soon);

    await worker.stop({ grace: 10 });

    expect(await queue.get(id)).toMatchObject({ state: "waiting", attempt: 0 });
  });

  it("P15 rescues for others while it is too busy to poll", async () => {
    const queue = await openOn();
    const past = Date.now() - 60_000;
    await queue.insert([{ type: "lost", payload: 1, id: "lost", backoff: { type: "fixed", delayMs: 0 } }], {
      now: past,
    });
    const busy = gate();
    const worker = queue.work({ busy: () => busy.opened }, { concurrency: 1, lease: 200, prefetch: 0 });
    await queue.add("busy", 1);
    await vi.waitFor(() => expect(worker.load.running).toBe(1), soon);
    await queue.poll({ types: ["lost"], limit: 1, lease: { ms: 10, holder: "dead" }, now: past });

    await vi.waitFor(async () => expect((await queue.get("default:lost"))?.state).toBe("waiting"), soon);
    busy.open();
    expect((await queue.get("default:lost"))?.error?.code).toBe("LEASE_ENDED");
  });

  it("can be called twice, and leaves nothing running behind", async () => {
    const queue = await openOn();
    const worker = queue.work({ a: () => 1 });
    await worker.idle();

    await Promise.all([worker.stop(), worker.stop()]);
    await queue.add("a", 1);

    expect(await queue.receive()).not.toBeNull();
  });

  it("is what close does first", async () => {
    const adapter: Adapter = await memory();
    const queue = await openOver(decorate(adapter, {}));
    const { id } = await queue.add("a", 1);
    const started = gate();
    const finish = gate();
    queue.work({
      a: async () => {
        started.open();
        await finish.opened;
        return 5;
      },
    });
    await started.opened;

    const closed = queue.close();
    finish.open();
    await closed;

    expect((await adapter.get([id]))[0]).toMatchObject({ state: "completed", result: 5 });
  });
});

describe("a slip of the user's", () => {
  const soon = { timeout: "5s", interval: 5 } as const;

  it("in `random` costs a warning, and the attempt is recorded all the same", async () => {
    const random = (): never => {
      throw new Error("rnd");
    };
    const queue = await openOn(undefined, { random });
    const { id } = await queue.add("a", 1, { maxAttempts: 2, backoff: { type: "fixed", delay: 1, jitter: 0.5 } });
    const errors: unknown[] = [];
    const worker = queue.work({
      a: () => {
        throw new Error("no");
      },
    });
    worker.on("error", (error) => errors.push(error));

    expect((await rejectionOf(queue.result(id, { timeout: soon.timeout }))).code).toBe("JOB_FAILED");
    expect(errors).toHaveLength(1);
  });

  it("in what is thrown fails the attempt only", async () => {
    const boom = (): never => {
      throw new Error("gp");
    };
    const proxy = new Proxy(new Error("x"), { getPrototypeOf: boom });
    const queue = await openOn();
    const { id } = await queue.add("a", 1, { maxAttempts: 1 });
    queue.work({
      a: () => {
        throw proxy;
      },
    });

    expect((await rejectionOf(queue.result(id, { timeout: soon.timeout }))).code).toBe("JOB_FAILED");
  });

  it("in not awaiting progress after the lease was lost does not end the process", async () => {
    const queue = await openOn();
    const left = gate();
    const unheard: unknown[] = [];
    const note = (reason: unknown): void => void unheard.push(reason);
    process.on("unhandledRejection", note);
    queue.work({
      a: async (job, { progress }) => {
        await queue.remove(job.id);
        void progress(1);
        left.open();
      },
    });
    await queue.add("a", 1);
    await left.opened;
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);

    expect(unheard).toEqual([]);
  });

  it("in changing the job it was given does not change what is settled", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    queue.work({
      a: (job) => {
        Object.assign(job, { token: 99, id: "default:other" });
        return 5;
      },
    });

    expect(await queue.result(id, { timeout: soon.timeout })).toBe(5);
  });

  it("in asking for more when the attempt is over is told", async () => {
    const queue = await openOn();
    const { opened, open } = gate<{ spawn: (type: string, payload: unknown) => void }>();
    queue.work({ a: (_, context) => open(context) });
    const { id } = await queue.add("a", 1);
    await queue.result(id, { timeout: soon.timeout });
    const context = await opened;

    expect(errorOf(() => context.spawn("a", 1)).code).toBe("STALE");
  });
});
