import { type Hint, JobFailedError, openQueue, type Queue } from "@anyqueue/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejectionOf } from "../support/errors.ts";
import { added } from "../support/flows.ts";
import { gate, openOn } from "../support/queues.ts";

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

const lease = { ms: 60_000, holder: "me" };

describe("queue.result", () => {
  it.each([null, false, 0, "", [], {}, { deep: [null] }])(
    "S119 tells %j from a job without a result",
    async (value) => {
      const { id } = await queue.add("a", value);
      const none = await queue.add("b", 1);
      queue.work({ a: (job) => job.payload, b: () => undefined });

      expect(await queue.result(id, { timeout: "5s" })).toEqual(value);
      expect(await queue.result(none.id, { timeout: "5s" })).toBeUndefined();
    },
  );

  it("S111 misses no job that ends just before, while, or after it begins to wait", async () => {
    for (const moment of ["before", "subscribing", "looking", "after"]) {
      const end = async (now: string): Promise<void> => {
        if (now !== moment) return;
        await busy.cas([{ id: "default:x", expect: { state: "waiting" }, set: { state: "completed", result: now } }]);
      };
      const busy: Queue = await openOn((adapter) => ({
        subscribe: async (wake) => {
          const stop = await adapter.subscribe(wake);
          await end("subscribing");
          return stop;
        },
        get: async (ids) => {
          const jobs = await adapter.get(ids);
          await end("looking");
          return jobs;
        },
      }));
      await busy.add("a", 1, { id: "x" });
      await end("before");
      const result = busy.result("default:x", { timeout: "5s" });
      await Promise.resolve();
      await end("after");

      expect(await result).toBe(moment);
    }
  });

  it("P24 finds a result within a second when every hint is lost", async () => {
    const deaf = await openOn(() => ({ subscribe: () => Promise.resolve(() => undefined) }));
    const { id } = await deaf.add("a", 1);
    const result = deaf.result(id, { timeout: "10s" });
    await deaf.cas([{ id, expect: { state: "waiting" }, set: { state: "completed", result: "seen" } }]);

    expect(await result).toBe("seen");
  });

  it("P24 finds it by a hint that tells of the lane only", async () => {
    const told = gate<(hint: Hint) => void>();
    const coarse = await openOn((adapter) => ({
      subscribe: (wake) => {
        told.open(wake);
        return adapter.subscribe(() => undefined);
      },
    }));
    const { id } = await coarse.add("a", 1);
    const result = coarse.result(id);
    const wake = await told.opened;
    await coarse.cas([{ id, expect: { state: "waiting" }, set: { state: "completed", result: 7 } }]);
    wake({ finished: "default" });

    expect(await result).toBe(7);
  });

  it("rejects for a job that failed, with its recorded error", async () => {
    const { id } = await queue.add("a", 1, { maxAttempts: 1 });
    queue.work({
      a: () => {
        throw Object.assign(new Error("no such host"), { code: "ENOTFOUND" });
      },
    });

    const error = await rejectionOf(queue.result(id, { timeout: "5s" }));

    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({
      code: "JOB_FAILED",
      message: `Job ${id} is failed after 1 of 1 attempts: no such host`,
      cause: { message: "no such host", code: "ENOTFOUND", attempt: 1 },
      job: { id, state: "failed" },
    });
  });

  it("waits for a blocked job until it has run, or was cancelled because of another one", async () => {
    const flow = await added(queue.flow({ type: "parent", payload: 1, children: [{ type: "child", payload: 1 }] }));
    const doomed = await added(queue.flow({ type: "parent", payload: 2, children: [{ type: "never", payload: 1 }] }));
    const [result, refusal] = [queue.result(flow.id), rejectionOf(queue.result(doomed.id))];
    expect((await rejectionOf(queue.result(flow.id, { timeout: 1 }))).message).toContain("is still blocked");

    await queue.cancel(doomed.children[0]?.id ?? "");
    queue.work({ child: () => 1, parent: () => "done" });

    expect(await result).toBe("done");
    expect((await refusal).message).toContain("because a job that it depends on did not complete");
  });

  it("says what to do about a job of a lane that keeps nothing, whether it was there or not", async () => {
    await queue.lane("clicks").configure({ keep: { completed: false } });
    const { id } = await queue.add("a", 1, { lane: "clicks" });
    const result = rejectionOf(queue.result(id, { timeout: "5s" }));
    // By then it has looked, and seen the job.
    await new Promise(setImmediate);
    await queue.poll({ lanes: ["clicks"], limit: 1, lease });
    await queue.cas([{ id, expect: { state: "active" }, set: { state: "completed", result: 1 } }]);

    expect(await result).toMatchObject({ code: "MISSING" });
    expect((await result).message).toContain(`Job ${id} has gone: it ended and is not kept, or it was removed.`);
    expect((await result).message).toContain('`keep: { completed: "10m", failed: "10m" }`');
    expect((await rejectionOf(queue.result(id))).message).toContain("has ended and is not kept");
  });

  it("finds a result in a lane that keeps nothing, when the job itself is to be kept", async () => {
    await queue.lane("clicks").configure({ keep: { completed: false } });
    const { id } = await queue.add("a", 1, { lane: "clicks", keep: { completed: "1m" } });
    queue.work({ a: () => 5 });

    expect(await queue.result(id, { timeout: "5s" })).toBe(5);
  });

  it("P25 tells at once that the queue was closed, as a wait for a job does", async () => {
    const closing = await openQueue("memory:");
    const { id } = await closing.add("a", 1, { delay: "1h" });
    const waiting = [rejectionOf(closing.result(id)), rejectionOf(closing.receive({ wait: "1h" }))];
    // Until both have looked once, and sleep.
    for (let n = 0; n < 10; n++) await new Promise(setImmediate);

    await closing.close();

    expect((await Promise.all(waiting)).map(({ code }) => code)).toEqual(["CLOSED", "CLOSED"]);
  });
});
