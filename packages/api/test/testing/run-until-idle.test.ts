import { AsyncLocalStorage, createHook } from "node:async_hooks";
import { setImmediate } from "node:timers/promises";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Catalog, defineJobs, RetryAfterError, UnrecoverableError } from "@anyqueue/api";
import { openTestQueue, type TestQueue } from "@anyqueue/api/testing";
import { Type } from "typebox";
import { beforeEach, describe, expect, expectTypeOf, it, onTestFinished } from "vitest";
import { rejectionOf } from "../support/errors.ts";

const START = Date.UTC(2026, 0, 31, 12);
const MINUTE = 60_000;
const backoff = { type: "fixed", delay: "1m" } as const;

describe.each(["memory", "sqlite"])("a test queue on %s", (backend) => {
  let queue: TestQueue;
  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), "anyqueue-testing-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const url: string = backend === "memory" ? "memory:" : `sqlite:${join(folder, "jobs.db")}`;
    queue = (await openTestQueue({ backend: url, now: START })) as unknown as TestQueue;
    onTestFinished(() => queue.close());
  });

  it("P20 ends by its clock what waits for a job that is removed", async () => {
    const parent = await queue.add("a", 1, { delay: "1h" });
    const child = await queue.add("b", 1, { dependsOn: [parent.id] });
    await queue.remove(parent.id);

    expect(await queue.get(child.id)).toMatchObject({ state: "cancelled", finishedAt: START });
  });

  it("runs what is due, in order, with what it adds, and tells what became of it", async () => {
    await queue.add("b", 1);
    await queue.add("a", 2, { priority: "high" });
    await queue.add("later", 3, { delay: "1h" });
    const ran = await queue.runUntilIdle({
      a: () => queue.add("c", 4).then(() => "done"),
      b: () => {
        throw new UnrecoverableError("never");
      },
      c: () => undefined,
      later: () => undefined,
    });
    expect(ran).toMatchObject([
      { type: "a", outcome: "completed", result: "done", at: START, job: { payload: 2, attempt: 1 } },
      { type: "b", outcome: "failed", error: { message: "never" } },
      { type: "c", outcome: "completed" },
    ]);
    expect(queue.clock.now()).toBe(START);
    queue.clock.advance("1h");
    expect(await queue.runUntilIdle({ later: () => undefined })).toMatchObject([
      { type: "later", at: START + 3_600_000 },
    ]);
  });

  it("leaves alone what it has no handler for, however long it is due, and does not wait for it either", async () => {
    await queue.add("other", 1);
    await queue.add("other", 1, { delay: "1d" });
    await queue.add("mine", 1, { delay: "1m" });
    expect(await queue.runUntilIdle({ "mine*": () => undefined }, { advance: true })).toHaveLength(0);
    expect(await queue.runUntilIdle({ mine: () => undefined }, { advance: true })).toHaveLength(1);
    expect(queue.clock.now()).toBe(START + MINUTE);
  });

  it("moves the clock from one due time to the next: delays, backoffs, snoozes", async () => {
    await queue.add("flaky", 1, { delay: "5m", backoff });
    await queue.add("patient", 2);
    const ran = await queue.runUntilIdle(
      {
        flaky: ({ attempt }) => {
          if (attempt === 1) throw new Error("first");
          if (attempt === 2) throw new RetryAfterError("10m", "second");
        },
        patient: (_job, { snooze }) => {
          if (queue.clock.now() < START + 2 * MINUTE) snooze("90s");
        },
      },
      { advance: true },
    );
    expect(ran.map(({ type, outcome, at }) => [type, outcome, (at - START) / MINUTE])).toEqual([
      ["patient", "snoozed", 0],
      ["patient", "snoozed", 1.5],
      ["patient", "completed", 3],
      ["flaky", "retried", 5],
      ["flaky", "retried", 6],
      ["flaky", "completed", 16],
    ]);
    expect((await queue.get(ran.at(-1)?.job.id ?? ""))?.error?.at).toBe(START + 6 * MINUTE);
  });

  it("runs schedules by its clock, for as long as it may move", async () => {
    await queue.schedule("hourly", { cron: "0 * * * *" }, "report", {});
    const ran = await queue.runUntilIdle({ report: () => undefined }, { advance: "1d" });
    expect(ran).toHaveLength(24);
    expect(ran.map(({ at }) => at)).toEqual(Array.from({ length: 24 }, (_, n) => START + (n + 1) * 60 * MINUTE));
    expect(queue.clock.now()).toBe(START + 24 * 60 * MINUTE);
  });

  it("keeps to a lane's rate", async () => {
    await queue.configure("slow", { rate: { limit: 1, periodMs: MINUTE, burst: 1 } });
    for (let n = 0; n < 3; n++) await queue.add("call", n, { lane: "slow" });
    await queue.add("other", 1, { lane: "slow" });
    const ran = await queue.runUntilIdle({ call: () => undefined }, { advance: true });
    expect(ran.map(({ at }) => (at - START) / MINUTE)).toEqual([0, 1, 2]);
  });

  it("takes over from a holder that died, once its lease has ended", async () => {
    await queue.add("a", 1, { backoff });
    await queue.receive({ lease: "30s" });
    expect(await queue.runUntilIdle({ a: () => undefined })).toEqual([]);
    const ran = await queue.runUntilIdle({ a: () => undefined }, { advance: true });
    expect(ran).toMatchObject([{ outcome: "completed", at: START + 90_000, job: { attempt: 2 } }]);
  });

  it("says what still goes on when it does not come to an end", async () => {
    await queue.add("endless", 1);
    const error = await rejectionOf(
      queue.runUntilIdle({ endless: (_job, { snooze }) => snooze("1s") }, { advance: true, limit: 20 }),
    );
    expect(error.code).toBe("TIMEOUT");
    expect(error.message).toContain("endless");
    await queue.schedule("yearly", { cron: "0 0 1 1 *" }, "other", {});
    const none = await rejectionOf(queue.runUntilIdle({ a: () => undefined }, { advance: true, limit: 5 }));
    expect(none.message).toContain("nothing ran");
  });

  it("removes what was kept long enough by its clock", async () => {
    await queue.add("a", 1);
    await queue.runUntilIdle({ a: () => undefined });
    expect(await queue.tidy()).toBe(0);
    queue.clock.advance("25h");
    expect(await queue.tidy()).toBe(1);
  });

  it("lets a lease that was advanced over be lost, and its job be tried again", async () => {
    await queue.add("slow", 1, { backoff });
    const ran = await queue.runUntilIdle(
      { slow: ({ attempt }) => void (attempt === 1 && queue.clock.advance("8d")) },
      { advance: true },
    );
    expect(ran.map(({ outcome }) => outcome)).toEqual(["lost", "completed"]);
  });

  it("wakes its workers when its clock moves", async () => {
    const { id } = await queue.add("a", 1, { delay: "1h" });
    const worker = queue.work({ a: () => "ran" });
    await new Promise((resolve) => worker.once("idle", resolve as () => void));
    queue.clock.advance("1h");
    expect(await queue.result(id, { timeout: "5s" })).toBe("ran");
    await worker.stop();
  });

  it("gives everything its time: jobs, events, errors, counts", async () => {
    const { id } = await queue.add("a", 1, { delay: "1m" });
    await queue.append([{ id, event: 1 }]);
    expect(await queue.get(id)).toMatchObject({ insertedAt: START, runAt: START + MINUTE });
    expect((await queue.eventPage({ id })).items[0]?.at).toBe(START);
    expect((await queue.lanes())[0]?.counts).toEqual({ delayed: 1 });
    queue.clock.advance("1m");
    expect((await queue.lanes())[0]?.counts).toEqual({ waiting: 1 });
    const receipt = await queue.receive();
    await receipt?.fail(new Error("no"));
    expect((await queue.get(id))?.error?.at).toBe(START + MINUTE);
  });
});

describe("a test queue", () => {
  it("leaves no timer behind", async () => {
    // Only what is begun in here: the test runner has timers of its own.
    const ours = new AsyncLocalStorage<true>();
    const timers = new Set<number>();
    const hook = createHook({
      init: (id, kind) => void (kind === "Timeout" && ours.getStore() && timers.add(id)),
      destroy: (id) => void timers.delete(id),
    }).enable();
    let most = 0;
    await ours.run(true, async () => {
      const queue = await openTestQueue();
      await queue.add("a", 1, { timeout: "1h" });
      await queue.runUntilIdle(
        { a: async () => void (most = await Promise.resolve().then(() => timers.size)) },
        { advance: true },
      );
      await queue.close();
    });
    // Node tells of ended ones a turn later.
    await setImmediate();
    hook.disable();
    expect(most).toBeGreaterThan(0);
    expect(timers.size).toBe(0);
  });

  it("has a clock that only moves on", async () => {
    await using queue = await openTestQueue({ now: new Date(START) });
    expect(queue.clock.set(new Date(START + 1))).toBe(START + 1);
    expect(() => queue.clock.set(START)).toThrow("Cannot set the clock back");
    expect(() => queue.clock.advance("soon")).toThrow("`by`");
    expect(() => queue.clock.set(new Date("no"))).toThrow("`time`");
  });

  it("refuses options that are none, and tells what to install", async () => {
    expect(await rejectionOf(openTestQueue({ clock: 1 } as never))).toMatchObject({ code: "INVALID" });
    expect(await rejectionOf(openTestQueue({ now: "today" as never }))).toMatchObject({ code: "INVALID" });
    expect(await rejectionOf(openTestQueue({ backend: "nosuch:" }))).toMatchObject({ code: "UNKNOWN_BACKEND" });
    await using queue = await openTestQueue();
    await expect(async () => queue.runUntilIdle({ a: () => 1 }, { until: 1 } as never)).rejects.toThrow("`until`");
    await expect(async () => queue.runUntilIdle({})).rejects.toThrow("handlers");
  });

  it("is typed by its catalogue and its backend", async () => {
    const jobs = defineJobs({
      resize: { payload: Type.Object({ path: Type.String() }), result: Type.Object({ bytes: Type.Integer() }) },
      note: {},
    });
    await using queue = await openTestQueue({ jobs });
    await queue.add("resize", { path: "a.png" });
    const [ran] = await queue.runUntilIdle({ resize: ({ payload }) => ({ bytes: payload.path.length }) });
    if (ran?.type !== "resize") throw new Error("It did not run.");
    expectTypeOf(ran.result).toEqualTypeOf<{ bytes: number } | undefined>();
    expectTypeOf(ran.job.payload).toEqualTypeOf<{ path: string }>();
    expect(ran.result).toEqual({ bytes: 5 });
    const job = await queue.expectAdded("resize", { path: "a.png" });
    expectTypeOf(job.payload.path).toEqualTypeOf<string>();
    // @ts-expect-error There is no such field.
    await expect(queue.expectAdded("resize", { pth: "a.png" })).rejects.toThrow("resize");
    expectTypeOf<Catalog>().not.toEqualTypeOf<typeof jobs>();
  });
});
