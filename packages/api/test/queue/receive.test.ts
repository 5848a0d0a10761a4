import { type Adapter, JobFailedError, type Json, laneOf } from "@anyqueue/api";
import { Type } from "typebox";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { rejectionOf } from "../support/errors.ts";
import { openOn } from "../support/queues.ts";

describe("receive", () => {
  it("checks a result against the schema of its type, and keeps the job when it does not fit", async () => {
    const queue = await openOn(undefined, { jobs: { a: { result: Type.Integer() } } });
    await queue.add("a", 1);
    const receipt = await queue.receive();

    expect((await rejectionOf(receipt?.complete("nonsense") ?? Promise.resolve())).code).toBe("INVALID");
    expect(await receipt?.complete(5)).toMatchObject({ status: "ok" });
  });

  it("stores progress and log entries while the job is held", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const receipt = await queue.receive();

    expect(await receipt?.progress({ half: true })).toMatchObject({ status: "ok" });
    expect(await receipt?.log("on my way")).toEqual({ status: "ok" });

    expect((await queue.get(id))?.progress).toEqual({ half: true });
    expect((await queue.eventPage({ id })).items.map(({ data }) => data)).toEqual(["on my way"]);
  });

  it("takes one job, or none, without waiting", async () => {
    const queue = await openOn();
    expect(await queue.receive()).toBeNull();

    await queue.add("a", 1, { lane: "x" });
    await queue.add("b", 2, { lane: "x" });

    expect(await queue.receive({ lanes: ["y"] })).toBeNull();
    expect((await queue.receive({ types: ["b"], holder: "me" }))?.job).toMatchObject({
      payload: 2,
      attempt: 1,
      lease: { holder: "me" },
    });
    expect((await queue.receive())?.job.payload).toBe(1);
  });

  it("waits for a job, by hint and without", async () => {
    for (const verbs of [undefined, () => ({ subscribe: async () => () => undefined })]) {
      const queue = await openOn(verbs);
      const received = queue.receive({ wait: "5s", lanes: ["x"] });
      await queue.add("a", 1, { lane: "y" });
      await queue.add("a", 2, { lane: "x" });

      expect((await received)?.job.payload).toBe(2);
    }
  });

  it("waits for a job that becomes due, and no longer than it was told", async () => {
    const queue = await openOn();
    await queue.add("a", 1, { delay: 30 });

    expect((await queue.receive({ wait: "5s" }))?.job.payload).toBe(1);
    const before = performance.now();
    expect(await queue.receive({ wait: 30 })).toBeNull();
    expect(performance.now() - before).toBeGreaterThanOrEqual(25);
  });

  it("S69 leaves a job queued for others, when its receiver gave up", async () => {
    const queue = await openOn();
    const abort = new AbortController();
    const received = queue.receive({ wait: "1m", signal: abort.signal });
    await queue.lanes();

    abort.abort();
    expect(await received).toBeNull();
    const { id } = await queue.add("a", 1);
    expect(await queue.get(id)).toMatchObject({ state: "waiting", attempt: 0 });
    expect(await queue.receive({ signal: AbortSignal.abort() })).toBeNull();
  });

  it("goes on behind jobs of other types, however many there are", async () => {
    const queue = await openOn();
    await queue.addMany(Array.from({ length: 3000 }, () => ({ type: "other", payload: 1 })));
    await queue.add("mine", 2);

    expect((await queue.receive({ types: ["mine"] }))?.job.payload).toBe(2);
  });

  it.each<[string, object, string]>([
    ["a misspelt option", { wiat: 5 }, "Did you mean `wait`?"],
    ["a wait that is none", { wait: "soon" }, "wait"],
    ["no lease", { lease: 0 }, "lease"],
    ["a lane that cannot be", { lanes: ["a b"] }, "lanes"],
  ])("refuses %s", async (_, options, part) => {
    const error = await rejectionOf((await openOn()).receive(options));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });
});

describe("a receipt", () => {
  it("completes, once", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const receipt = await queue.receive();

    expect(await receipt?.complete({ ok: true })).toMatchObject({ status: "ok" });
    expect(await receipt?.complete({ ok: false })).toMatchObject({ status: "stale" });
    expect(await queue.get(id)).toMatchObject({ state: "completed", result: { ok: true } });
  });

  it("fails, which retries by policy", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1, { backoff: { type: "fixed", delay: 0 }, maxAttempts: 2 });

    await (await queue.receive())?.fail(new Error("no"));
    expect(await queue.get(id)).toMatchObject({ state: "waiting", attempt: 1, error: { message: "no" } });
    await (await queue.receive())?.fail("again");
    expect(await queue.get(id)).toMatchObject({ state: "failed", attempt: 2, error: { message: "again" } });
  });

  it("P7 gives back to the old place, or to the end, both uncharged", async () => {
    const queue = await openOn();
    await queue.insert([1, 2, 3].map((payload) => ({ type: "a", payload, runAt: 1 })));

    await (await queue.receive())?.release();
    const again = await queue.receive();
    expect(again?.job).toMatchObject({ payload: 1, attempt: 1 });
    await again?.requeue();
    expect((await queue.receive())?.job.payload).toBe(2);
    expect((await queue.receive())?.job.payload).toBe(3);
    expect((await queue.receive())?.job).toMatchObject({ payload: 1, attempt: 1 });
  });

  it("renews, and learns so of a request to stop", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const receipt = await queue.receive({ lease: "1s" });
    await queue.cancel(id);

    expect(await receipt?.renew("1h")).toMatchObject({ status: "ok", cancelRequested: true });
    expect(((await queue.get(id))?.lease?.until ?? 0) - Date.now()).toBeGreaterThan(3_000_000);
    await receipt?.release();
    expect((await queue.get(id))?.state).toBe("cancelled");
    expect(await receipt?.renew("1h")).toMatchObject({ status: "stale" });
  });
});

describe("result", () => {
  it.each<[Json | undefined]>([[null], [false], [0], [""], [[]], [{ a: 1 }], [undefined]])(
    "answers %j",
    async (value) => {
      const queue = await openOn();
      const { id } = await queue.add("a", 1);
      const waiting = queue.result(id, { timeout: "5s" });
      await (await queue.receive())?.complete(value);

      expect(await waiting).toEqual(value);
      expect(await queue.result(id, { timeout: 0 })).toEqual(value);
    },
  );

  it("hears of the end without hints too", async () => {
    const queue = await openOn(() => ({ subscribe: () => Promise.reject(new Error("none")) }));
    const { id } = await queue.add("a", 1);
    const waiting = queue.result(id, { timeout: "5s" });
    await (await queue.receive())?.complete(1);

    expect(await waiting).toBe(1);
  });

  it("hears of the end from a store that tells in which lanes jobs ended, and looks at all that are waited for at once", async () => {
    const gets: number[] = [];
    const queue = await openOn((adapter) => ({
      ...tellingLanes(adapter),
      get: (ids) => {
        gets.push(ids.length);
        return adapter.get(ids);
      },
    }));
    const added = await queue.addMany(Array.from({ length: 50 }, (_, i) => ({ type: "a", payload: i })));
    const ids = added.flatMap((outcome) => ("id" in outcome ? [outcome.id] : []));
    // Time stands still, so that only hints can tell.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());

    const waiting = Promise.all(ids.map((id) => queue.result(id)));
    for (const _ of ids) await (await queue.receive())?.complete("done");

    expect(new Set(await waiting)).toEqual(new Set(["done"]));
    expect(gets[0]).toBe(50);
    expect(gets.length).toBeLessThanOrEqual(1 + 2 * 50);
  });

  it("does not let one who asks for what cannot be an id disturb the others", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    await (await queue.receive())?.complete(7);

    const [wrong, right] = await Promise.allSettled([queue.result("no id"), queue.result(id)]);
    expect(wrong).toMatchObject({ status: "rejected", reason: { code: "INVALID" } });
    expect(right).toMatchObject({ status: "fulfilled", value: 7 });
  });

  it("throws what became of a job that failed or was cancelled", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1, { maxAttempts: 1 });
    const waiting = rejectionOf(queue.result(id));
    await (await queue.receive())?.fail(Object.assign(new Error("broken"), { code: "E_BROKEN" }));

    const error = await waiting;
    expect(error).toBeInstanceOf(JobFailedError);
    expect(error).toMatchObject({ code: "JOB_FAILED", job: { id, state: "failed", error: { code: "E_BROKEN" } } });
    expect(error.message).toContain("broken");
    const other = await queue.add("a", 1);
    await queue.cancel(other.id);
    expect((await rejectionOf(queue.result(other.id))).message).toContain("is cancelled");
  });

  it("throws MISSING, TIMEOUT, and the reason of an aborted wait", async () => {
    const queue = await openOn();
    const { id } = await queue.add("a", 1);
    const abort = new AbortController();
    const waiting = queue.result(id, { signal: abort.signal });
    await queue.lanes();
    abort.abort(new Error("enough"));

    await expect(waiting).rejects.toThrow("enough");
    expect((await rejectionOf(queue.result(id, { timeout: 0 }))).code).toBe("TIMEOUT");
    expect((await rejectionOf(queue.result(id, { timeout: 20 }))).message).toContain("still waiting");
    expect((await rejectionOf(queue.result("default:none"))).code).toBe("MISSING");
    expect((await rejectionOf(queue.result(id, { timeOut: 5 } as never))).message).toContain("Did you mean `timeout`?");
  });
});

/** Tells the lane instead of the job when one has ended. */
function tellingLanes(adapter: Adapter): Partial<Adapter> {
  return {
    subscribe: (wake) => adapter.subscribe((hint) => wake("job" in hint ? { finished: laneOf(hint.job) } : hint)),
  };
}
