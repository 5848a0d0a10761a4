/* oxlint-disable typescript/unbound-method -- methods are only looked at for their types */
import { defineJobs, type Job, type Json, openQueue, type Queue } from "@anyqueue/api";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { errorOf, rejectionOf } from "../support/errors.ts";
import { digits, slow } from "../support/schemas.ts";

const jobs = defineJobs({
  "image.resize": {
    payload: Type.Object({ path: Type.String(), width: Type.Integer() }, { additionalProperties: false }),
    result: Type.Object({ bytes: Type.Integer() }),
    lane: "media",
    priority: "high",
    maxAttempts: 5,
    timeout: "30s",
    backoff: { type: "exponential", delay: "1s", max: "10m", jitter: 0.2 },
  },
  count: { payload: digits },
  later: { payload: slow },
  free: {},
});

let queue: Queue<typeof jobs>;
beforeEach(async () => {
  queue = await openQueue("memory:", { jobs });
});
afterEach(() => queue.close());

describe("a catalogue", () => {
  it("gives a job what its definition says, and `add` the last word", async () => {
    const { id } = await queue.add("image.resize", { path: "a", width: 1 });
    const { id: own } = await queue.add(
      "image.resize",
      { path: "a", width: 1 },
      { lane: "x", priority: 3, maxAttempts: 1, timeout: 5, backoff: { type: "fixed", delay: 7 } },
    );

    expect(await queue.get(id)).toMatchObject({
      lane: "media",
      priority: 256,
      maxAttempts: 5,
      timeoutMs: 30_000,
      backoff: { type: "exponential", delayMs: 1000, maxMs: 600_000, jitter: 0.2 },
    });
    expect(await queue.get(own)).toMatchObject({
      lane: "x",
      priority: 3,
      maxAttempts: 1,
      timeoutMs: 5,
      backoff: { type: "fixed", delayMs: 7 },
    });
  });

  it("stores what a Standard Schema makes of the payload", async () => {
    const { id } = await queue.add("count", { n: "12" });

    expect((await queue.get(id))?.payload).toEqual({ n: 12 });
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ["a payload of the wrong type", () => queue.add("image.resize", { path: "a", width: 1.5 }), "width"],
    [
      "a field too many",
      () => queue.add("image.resize", { path: "a", width: 1, widht: 2 } as never),
      "Did you mean `width`?",
    ],
    ["a field missing", () => queue.add("image.resize", { path: "a" } as never), "`width` is missing"],
    ["what a Standard Schema refuses", () => queue.add("count", { n: "x" }), "`n`: must be digits"],
    ["a type that is none", () => queue.add("image.rezise" as never, {} as never), "Did you mean `image.resize`?"],
    ["a type that every object has", () => queue.add("constructor" as never, {} as never), "no such type"],
    [
      "one of many",
      () =>
        queue.addMany([
          { type: "free", payload: 1 },
          { type: "count", payload: { n: "x" } },
        ]),
      "must be digits",
    ],
  ])("refuses %s, and stores nothing", async (_, add, part) => {
    const error = await rejectionOf(add());

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
    expect((await queue.list()).items).toEqual([]);
  });

  it("refuses a schema that answers later", async () => {
    expect((await rejectionOf(queue.add("later", "x"))).code).toBe("UNSUPPORTED");
  });

  it.each<[string, object, string]>([
    ["a misspelt option", { maxAtempts: 5 }, "Did you mean `maxAttempts`?"],
    ["an impossible duration", { timeout: "soon" }, "timeout"],
    ["an impossible backoff", { backoff: { type: "fixd", delay: 1 } }, "backoff.type"],
    ["a lane that cannot be", { lane: "a b" }, "lane"],
    ["no attempts", { maxAttempts: 0 }, "maxAttempts"],
    ["nothing", null as never, "null"],
  ])("is refused with %s, when the queue is opened", async (_, definition, part) => {
    const error = await rejectionOf(openQueue("memory:", { jobs: { bad: definition } }));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it("checks results: one that does not fit fails the attempt", async () => {
    const { id } = await queue.add("image.resize", { path: "a", width: 1 }, { maxAttempts: 1 });

    queue.work({ "image.resize": () => ({ bytes: "many" }) as never });

    const error = await rejectionOf(queue.result(id));
    expect(error.code).toBe("JOB_FAILED");
    expect(error.message).toContain("The result of image.resize: `bytes`");
  });

  it("types payloads, results and handlers", () => {
    expectTypeOf(queue.add<"image.resize">)
      .parameter(1)
      .toEqualTypeOf<{ path: string; width: number }>();
    expectTypeOf(queue.add<"count">)
      .parameter(1)
      .toEqualTypeOf<{ n: string }>();
    expectTypeOf(queue.add<"free">)
      .parameter(1)
      .toEqualTypeOf<unknown>();
    expectTypeOf(queue.add).parameter(0).toEqualTypeOf<"image.resize" | "count" | "later" | "free">();
    expectTypeOf(queue.result<"image.resize">).returns.resolves.toEqualTypeOf<{ bytes: number }>();
    expectTypeOf(queue.result<"free">).returns.resolves.toEqualTypeOf<Json | undefined>();

    const neverRun = (): void => {
      queue.work({
        "image.resize": (job, context) => {
          expectTypeOf(job.payload).toEqualTypeOf<{ path: string; width: number }>();
          expectTypeOf(job.type).toEqualTypeOf<"image.resize">();
          expectTypeOf(job.attempt).toEqualTypeOf<number>();
          context.spawn("count", { n: "1" });
          // @ts-expect-error -- the payload of another type
          context.spawn("count", { path: "a", width: 1 });
          return { bytes: 1 };
        },
        count: (job) => {
          expectTypeOf(job.payload).toEqualTypeOf<{ n: number }>();
        },
      });
      // @ts-expect-error -- no such type
      void queue.add("image.rezise", {});
      // @ts-expect-error -- not its payload
      void queue.add("image.resize", { path: 1 });
      // @ts-expect-error -- not its result
      queue.work({ "image.resize": () => ({ bytes: "1" }) });
      // @ts-expect-error -- no such option
      void queue.add("free", 1, { dely: "5m" });
    };
    expect(neverRun).toBeTypeOf("function");
  });

  it("P5 lets nobody without transactions write in one: it does not compile", async () => {
    const memory = await openQueue("memory:");
    expectTypeOf(memory.in).parameter(0).toEqualTypeOf<never>();
    const neverRun = (sqlite: Awaited<ReturnType<typeof openQueue<"sqlite:jobs.db">>>): void => {
      // @ts-expect-error -- memory has no transactions
      memory.in({});
      expectTypeOf(sqlite.in).parameter(0).not.toEqualTypeOf<never>();
    };
    expect(neverRun).toBeTypeOf("function");

    expect(errorOf(() => memory.in({} as never)).code).toBe("UNSUPPORTED");
    expect((await rejectionOf(memory.insert([], { tx: {} as never }))).code).toBe("UNSUPPORTED");
    await memory.close();
  });

  it("is not needed", async () => {
    const free = await openQueue("memory:");
    expectTypeOf(free.add).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(free.get("a:1")).resolves.toEqualTypeOf<Job | null>();
    await free.close();
  });
});
