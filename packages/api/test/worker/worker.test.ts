import { once } from "node:events";
import { setImmediate as turn } from "node:timers/promises";
import {
  type Context,
  createAdapter,
  type Job,
  JobFailedError,
  RetryAfterError,
  UnrecoverableError,
  type WorkerOptions,
} from "@anyqueue/api";
import { describe, expect, it, vi } from "vitest";
import { errorOf, rejectionOf } from "../support/errors.ts";
import { gate, openOn, openOver, untilAborted } from "../support/queues.ts";

const soon = { timeout: 60_000, interval: 5 };

describe.each(["memory:", "sqlite::memory:"])("a worker on %s", (url) => {
  const open = async (): Promise<ReturnType<typeof openOver>> => openOver(await createAdapter(url));

  it.each<[string, () => unknown, unknown]>([
    ["a value", () => 5, 5],
    ["a promise", async () => ({ a: [1] }), { a: [1] }],
    ["null", () => null, null],
    ["false", async () => false, false],
    ["an empty string", () => "", ""],
    ["nothing", () => undefined, undefined],
    // oxlint-disable-next-line unicorn/no-thenable -- what is tested
    ["a thenable of another library", () => ({ then: (resolve: (value: number) => void) => resolve(7) }), 7],
  ])("completes a job whose handler returns %s", async (_, handler, result) => {
    const queue = await open();
    const { id } = await queue.add("a", 1);
    const worker = queue.work({ a: handler as never });

    expect(await queue.result(id, { timeout: "5s" })).toEqual(result);
    expect(await queue.get(id)).toMatchObject({ state: "completed", attempt: 1 });
    await worker.stop();
  });

  it("leaves the event loop free while it drains", async () => {
    const queue = await open();
    for (let n = 0; n < 3; n++) await queue.addMany(Array.from({ length: 10_000 }, () => ({ type: "a", payload: n })));
    let count = 0;
    let countAtTimer: number | undefined;
    const worker = queue.work({ a: () => void count++ });
    setTimeout(() => (countAtTimer = count), 1);
    await worker.idle();
    expect(count).toBe(30_000);
    expect(countAtTimer).toBeLessThan(30_000);
  });

  it("leaves what it gave back, because its handlers were busy, to workers that are idle", async () => {
    const queue = await open();
    const busy = gate();
    const worker = queue.work({ a: () => busy.opened }, { concurrency: 1, prefetch: 5, lease: 200 });
    await queue.addMany(Array.from({ length: 4 }, () => ({ type: "a", payload: 1 })));
    await vi.waitFor(() => expect(worker.load).toEqual({ running: 1, buffered: 3 }), soon);
    await vi.waitFor(() => expect(worker.load).toEqual({ running: 1, buffered: 0 }), soon);

    const idle = queue.work({ a: () => undefined });
    await idle.idle();
    expect((await queue.list({ states: ["completed"] })).items).toHaveLength(3);
    busy.open();
  });

  it("counts attempts, and fails a job when they are used up, with every error in its log", async () => {
    const queue = await open();
    const failed: [number, boolean][] = [];
    const { id } = await queue.add("a", 1, { maxAttempts: 3, backoff: { type: "fixed", delay: 1 } });
    const worker = queue.work({
      a: (job) => {
        if (job.attempt % 2 === 0) return Promise.reject(new Error(`no ${job.attempt}`));
        throw new Error(`no ${job.attempt}`);
      },
    });
    worker.on("failed", (job, _error, final) => failed.push([job.attempt, final]));

    const error = await rejectionOf(queue.result(id, { timeout: "5s" }));

    expect(error).toBeInstanceOf(JobFailedError);
    expect((error as JobFailedError).job).toMatchObject({ state: "failed", attempt: 3, error: { message: "no 3" } });
    expect((await queue.eventPage({ id, kinds: ["failed"] })).items.map((event) => event.error?.message)).toEqual([
      "no 1",
      "no 2",
      "no 3",
    ]);
    await vi.waitFor(
      () =>
        expect(failed).toEqual([
          [1, false],
          [2, false],
          [3, true],
        ]),
      soon,
    );
  });

  it("runs each of a thousand jobs once that are added while it works", async () => {
    const queue = await open();
    const runs = new Map<number, number>();
    const worker = queue.work({
      a: (job) => void runs.set(job.payload as number, (runs.get(job.payload as number) ?? 0) + 1),
    });

    await Promise.all(Array.from({ length: 1000 }, (_, n) => queue.add("a", n)));
    await vi.waitFor(() => expect(runs.size).toBe(1000), soon);
    await worker.idle();

    expect([...runs.values()].every((count) => count === 1)).toBe(true);
    expect((await queue.lanes())[0]?.counts).toEqual({ completed: 1000 });
  });
});

describe("a handler", () => {
  it("can say that trying again is of no use", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    queue.work({
      a: () => {
        throw new UnrecoverableError("gone");
      },
    });

    await rejectionOf(queue.result(id));
    expect(await queue.get(id)).toMatchObject({ state: "failed", attempt: 1, error: { message: "gone" } });
  });

  it("can say when to try again", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const worker = queue.work({
      a: () => {
        throw new RetryAfterError("1h");
      },
    });

    await once(worker, "failed");
    const job = await queue.get(id);
    expect(job).toMatchObject({ state: "waiting", attempt: 1 });
    expect((job?.runAt ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
  });

  it("cannot both snooze and add jobs that come with its completion", async () => {
    const asks = (call: (ctx: Context) => void) => (_: unknown, ctx: Context) => call(ctx);
    const queue = await openOn();
    const ids = await queue.addMany(["a", "b", "c"].map((type) => ({ type, payload: 1, options: { maxAttempts: 1 } })));
    queue.work({
      a: asks((ctx) => (ctx.spawn("child", 1), ctx.snooze("1m"))),
      b: asks((ctx) => (ctx.snooze("1m"), ctx.spawn("child", 1))),
      c: asks((ctx) => (ctx.replaceWith([]), ctx.snooze("1m"))),
    });

    for (const outcome of ids) {
      const error = await rejectionOf(queue.result("id" in outcome ? outcome.id : "", { timeout: "5s" }));
      expect(error.message).toContain("Use `snooze` or `spawn`.");
    }
    expect((await queue.list({ types: ["child"] })).items).toEqual([]);
  });

  it("can snooze, which charges no attempt", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1, { maxAttempts: 1 });
    let calls = 0;
    queue.work({
      a: (_job, context) => {
        if (++calls < 4) context.snooze(1);
      },
    });

    await queue.result(id);
    expect(calls).toBe(4);
    expect((await queue.get(id))?.attempt).toBe(1);
  });

  it("can tell its progress and write into the log", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    queue.work({
      a: async (_job, context) => {
        await context.progress({ percent: 50 });
        await context.log("half");
        await context.log({ n: 2 });
        expect((await rejectionOf(context.progress(undefined))).code).toBe("INVALID");
      },
    });

    await queue.result(id);
    expect(await queue.get(id)).toMatchObject({ progress: { percent: 50 } });
    expect((await queue.eventPage({ id, kinds: ["user"] })).items.map(({ data }) => data)).toEqual(["half", { n: 2 }]);
  });

  it("P13a can spawn jobs, which exist when it completes, and only then", async () => {
    const queue = await openOn();
    const { id } = await queue.add("parent", 1, { backoff: { type: "fixed", delay: 0 } });
    queue.work({
      parent: (job, context) => {
        context.spawn("child", { of: job.id }, { id: "c", delay: "1h" });
        if (job.attempt === 1) throw new Error("not yet");
      },
    });

    await queue.result(id);
    expect((await queue.list({ types: ["child"] })).items).toMatchObject([{ id: "default:c", payload: { of: id } }]);
    expect((await queue.get(id))?.attempt).toBe(2);
  });

  it.each<[string, (context: { spawn: (type: string, payload: never, options?: object) => void }) => unknown, string]>([
    ["a result that is not JSON", () => new Map(), "Map"],
    ["a result with undefined in it", () => ({ a: undefined }), "result.a"],
    ["a result that is too large", () => "x".repeat(2 ** 20), "1048576"],
    [
      "a result whose getter throws",
      () =>
        Object.defineProperty({}, "a", {
          enumerable: true,
          get: () => {
            throw new Error("getter");
          },
        }),
      "getter",
    ],
    ["a spawned job that is not JSON", (context) => context.spawn("b", new Map() as never), "Map"],
    [
      "a spawned job that the store would refuse",
      (context) => context.spawn("b", 1 as never, { state: "later", dependsOn: ["a:1"] }),
      "`dependsOn`",
    ],
    ["a misspelt option of a spawned job", (context) => context.spawn("b", 1 as never, { dely: 5 }), "delay"],
  ])("fails with %s, and takes no other with it", async (_, handler, part) => {
    const queue = await openOn();
    const [bad, good] = [await queue.add("bad", 1, { maxAttempts: 1 }), await queue.add("good", 1)];
    const errors: unknown[] = [];
    const worker = queue.work({ bad: (_job, context) => handler(context as never) as never, good: () => "fine" });
    worker.on("error", (error) => errors.push(error));

    expect(await queue.result(good.id, { timeout: "2s" })).toBe("fine");
    const error = await rejectionOf(queue.result(bad.id, { timeout: "2s" }));
    expect(error.code).toBe("JOB_FAILED");
    expect(error.message).toContain(part);
    expect(errors).toEqual([]);
  });

  it("that never returns costs its attempt, and not the worker", async () => {
    const queue = await openOn();
    const { id } = await queue.add("stuck", 1, { timeout: 20, maxAttempts: 1 });
    const aborted = gate<unknown>();
    queue.work(
      {
        stuck: (_job, { signal }) => {
          signal.addEventListener("abort", () => aborted.open(signal.reason));
          return new Promise<void>(() => undefined);
        },
        next: () => 1,
      },
      { concurrency: 1 },
    );

    expect((await rejectionOf(queue.result(id, { timeout: "5s" }))).message).toContain("longer than 20 ms");
    expect(await aborted.opened).toMatchObject({ code: "TIMEOUT" });
    expect(await queue.get(id)).toMatchObject({ state: "failed", error: { code: "TIMEOUT" } });
    expect(await queue.result((await queue.add("next", 1)).id, { timeout: "5s" })).toBe(1);
  });

  it("is bound by the worker's timeout where the job has none", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1, { maxAttempts: 1 });
    queue.work({ a: () => new Promise<void>(() => undefined) }, { timeout: "10ms" });

    expect((await rejectionOf(queue.result(id, { timeout: "5s" }))).code).toBe("JOB_FAILED");
  });

  it("has as long as it wants with a timeout beyond what a timer can count", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1, { timeout: "30d" });
    queue.work({ a: () => new Promise((resolve) => setImmediate(resolve, 3)) }, { grace: "30d", interval: "30d" });

    expect(await queue.result(id, { timeout: "5s" })).toBe(3);
  });

  it("is found by its own name first, then by the first pattern; other types stay where they are", async () => {
    const queue = await openOn();
    const ran: string[] = [];
    const worker = queue.work({
      "mail.*": (job) => void ran.push(`* ${job.type}`),
      "mail.send": (job) => void ran.push(`= ${job.type}`),
    });
    await queue.addMany(["mail.send", "mail.bounce", "mail.a.b", "sms"].map((type) => ({ type, payload: 1 })));

    await worker.idle();
    expect(ran.toSorted()).toEqual(["* mail.bounce", "= mail.send"]);
    expect((await queue.list({ states: ["waiting"] })).items).toMatchObject([
      { type: "mail.a.b", attempt: 0, version: 1 },
      { type: "sms", attempt: 0, version: 1 },
    ]);
  });

  it("P21 learns of a cancellation with the next renewal", async () => {
    const queue = await openOn((adapter) => ({ subscribe: async () => () => void adapter }));
    const { id } = await queue.add("a", 1);
    const reason = gate<unknown>();
    const worker = queue.work(
      {
        a: async (_job, { signal }) => {
          await untilAborted(signal).catch(reason.open);
          throw signal.reason;
        },
      },
      { lease: 200 },
    );
    await vi.waitFor(async () => expect((await queue.get(id))?.state).toBe("active"), soon);

    expect(await queue.cancel(id)).toBe("requested");
    expect(await reason.opened).toMatchObject({ code: "CANCELLED" });
    await once(worker, "cancelled");
    expect(await queue.get(id)).toMatchObject({ state: "cancelled" });
  });

  it("P14 that returns although it was asked to stop has completed", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const worker = queue.work(
      { a: (_job, { signal }) => untilAborted(signal).catch(() => "all the same") as never },
      { lease: 200 },
    );
    await vi.waitFor(async () => expect((await queue.get(id))?.state).toBe("active"), soon);

    await queue.cancel(id);
    await once(worker, "completed");
    expect(await queue.get(id)).toMatchObject({ state: "completed", result: "all the same" });
  });

  it("P21 that ignores its signal is given up after the grace", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const worker = queue.work({ a: () => new Promise<void>(() => undefined) }, { lease: 200, grace: 10 });
    await vi.waitFor(async () => expect((await queue.get(id))?.state).toBe("active"), soon);

    await queue.cancel(id);
    await once(worker, "cancelled");
    expect(await queue.get(id)).toMatchObject({ state: "cancelled" });
  });

  it("P21 is not called at all for a job that was cancelled while it waited in the worker", async () => {
    const queue = await openOn();
    const first = gate();
    const ran: string[] = [];
    const worker = queue.work(
      {
        a: async (job) => {
          ran.push(job.id);
          await first.opened;
        },
      },
      { lease: 200, concurrency: 1, prefetch: 5 },
    );
    await queue.addMany(["1", "2", "3"].map((id) => ({ type: "a", payload: 1, options: { id } })));
    await vi.waitFor(() => expect(worker.load).toEqual({ running: 1, buffered: 2 }), soon);

    const cancelled = once(worker, "cancelled");
    expect(await queue.cancel("default:2")).toBe("requested");
    // A renewal has told the worker when the version of the lease has moved on twice.
    const until = (await queue.get("default:2"))?.lease?.until ?? 0;
    await vi.waitFor(
      async () => expect((await queue.get("default:2"))?.lease?.until).toBeGreaterThan(until + 100),
      soon,
    );
    first.open();

    await cancelled;
    await worker.idle();
    expect(ran).toEqual(["default:1", "default:3"]);
    expect(await queue.get("default:2")).toMatchObject({ state: "cancelled" });
  });
});

describe("the options of a worker", () => {
  it.each<[string, object, object, string]>([
    ["no handlers", {}, {}, "handlers"],
    ["a handler that is none", { a: 5 }, {}, "`a` is not a function"],
    ["a misspelt option", { a: () => 1 }, { concurency: 5 }, "Did you mean `concurrency`?"],
    ["no concurrency", { a: () => 1 }, { concurrency: 0 }, "concurrency"],
    ["a fraction of it", { a: () => 1 }, { concurrency: 1.5 }, "concurrency"],
    ["no lanes", { a: () => 1 }, { lanes: [] }, "lanes"],
    ["no weighted lanes", { a: () => 1 }, { lanes: {} }, "lanes"],
    ["a lane that cannot be", { a: () => 1 }, { lanes: ["a b"] }, "lane"],
    ["a weighted lane that cannot be", { a: () => 1 }, { lanes: { "a b": 1 } }, "lane"],
    ["a weight of 0", { a: () => 1 }, { lanes: { a: 0 } }, "lanes"],
    ["an infinite weight", { a: () => 1 }, { lanes: { a: Infinity } }, "lanes"],
    ["a lease too short to renew", { a: () => 1 }, { lease: 50 }, "lease"],
    ["a duration that is none", { a: () => 1 }, { grace: "soon" }, "grace"],
    ["a holder that breaks lines", { a: () => 1 }, { holder: "a\nb" }, "holder"],
  ])("refuse %s", async (_, handlers, options, part) => {
    const queue = await openOn();
    const error = errorOf(() => queue.work(handlers as never, options as WorkerOptions));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it.each([1, 10])("ask the store once for a job that comes alone, with a concurrency of %i", async (concurrency) => {
    const asked: number[] = [];
    const queue = await openOn((adapter) => ({
      poll: async (request) => {
        const result = await adapter.poll(request);
        asked.push(result.jobs.length);
        return result;
      },
    }));
    const worker = queue.work({ a: () => undefined }, { concurrency, interval: "1h" });
    await queue.add("a", 1);
    await worker.idle();
    asked.length = 0;

    await queue.add("a", 2);
    await once(worker, "completed");
    await turn();
    expect(asked).toEqual([1]);
  });

  it("run what comes due after they took all that was due", async () => {
    const queue = await openOn();
    const ran: unknown[] = [];
    const worker = queue.work({ a: ({ payload }) => void ran.push(payload) }, { interval: "1h" });
    await queue.addMany([
      { type: "a", payload: 1 },
      { type: "a", payload: 2, options: { delay: 20 } },
    ]);

    await vi.waitFor(() => expect(ran).toEqual([1, 2]), soon);
    await worker.stop();
  });

  it("bound how many handlers run at once", async () => {
    const queue = await openOn();
    let running = 0;
    let most = 0;
    const worker = queue.work(
      {
        a: async () => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running--;
        },
      },
      { concurrency: 3 },
    );
    await queue.addMany(Array.from({ length: 200 }, () => ({ type: "a", payload: 1 })));

    await worker.idle();
    expect(most).toBe(3);
  });

  it("divide the work among lanes by weight, and let none starve", async () => {
    const queue = await openOn();
    const ran: string[] = [];
    await queue.addMany(
      ["a", "b"].flatMap((lane) => Array.from({ length: 400 }, () => ({ type: "x", payload: 1, options: { lane } }))),
    );
    const worker = queue.work(
      { x: (job: Job) => void ran.push(job.lane) },
      { lanes: { a: 3, b: 1 }, concurrency: 1, prefetch: 0 },
    );

    await worker.idle();
    const early = ran.slice(0, 200).filter((lane) => lane === "a").length;
    expect(early).toBeGreaterThanOrEqual(145);
    expect(early).toBeLessThanOrEqual(155);
    expect(ran).toHaveLength(800);
  });

  it("serve only the lanes that they name", async () => {
    const queue = await openOn();
    await queue.addMany(["a", "b"].map((lane) => ({ type: "x", payload: 1, options: { lane } })));
    const worker = queue.work({ "**": () => undefined }, { lanes: ["a"] });

    await worker.idle();
    expect((await queue.lanes()).map(({ lane, counts }) => [lane, counts])).toEqual([
      ["a", { completed: 1 }],
      ["b", { waiting: 1 }],
      ["default", {}],
    ]);
  });

  it("ask the user's own backoff", async () => {
    const queue = await openOn(undefined, { backoff: () => 3_600_000 });
    const { id } = await queue.add("a", 1);
    const worker = queue.work({ a: () => Promise.reject(new Error("no")) });

    await once(worker, "failed");
    expect(((await queue.get(id))?.runAt ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
  });
});

describe("a queue that is being closed", () => {
  it("P25 starts no more workers, since nobody would stop them", async () => {
    const queue = await openOn();
    const { opened, open } = gate();
    const running = gate();
    queue.work({
      a: async () => {
        running.open();
        await opened;
      },
    });
    await queue.add("a", 1);
    await running.opened;
    const closed = queue.close();

    expect(errorOf(() => queue.work({ a: () => 1 })).code).toBe("CLOSED");

    open();
    await closed;
  });
});

describe("a context", () => {
  it("can be taken apart", async () => {
    const queue = await openOn();
    queue.work({
      a: async (_, { log, progress, signal }) => {
        await log("here");
        await progress(1);
        return signal.aborted;
      },
    });
    const { id } = await queue.add("a", 1);

    expect(await queue.result(id, { timeout: "5s" })).toBe(false);
    expect((await queue.eventPage({ id })).items.map(({ data }) => data)).toEqual(["here"]);
  });
});
