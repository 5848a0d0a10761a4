import { openTestQueue, type TestQueue } from "@anyqueue/api/testing";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openClient, serverUrl, temporarySchema } from "./server.ts";

/** Long before and long after the days for which the history has partitions. */
const TIMES = [Date.UTC(2001, 0, 31, 12), Date.UTC(2100, 0, 31, 12)];
const MINUTE = 60_000;
const backoff = { type: "fixed", delay: "1m" } as const;

describe.each(TIMES)("a test queue on Postgres at %d", (start) => {
  let queue: TestQueue;

  beforeEach(async () => {
    const backend: { backend: string } = { backend: "postgres", ...(await place()) };
    queue = (await openTestQueue({ backend, now: start })) as unknown as TestQueue;
    onTestFinished(() => queue.close());
  });

  it("moves on from one due time to the next: delays, backoffs, snoozes, ended leases", async () => {
    await queue.add("held", 0, { backoff });
    await queue.receive({ lease: "30s" });
    await queue.add("flaky", 1, { delay: "5m", backoff });
    await queue.add("patient", 2);
    const ran = await queue.runUntilIdle(
      {
        held: () => "rescued",
        flaky: ({ attempt }) => {
          if (attempt === 1) throw new Error("first");
        },
        patient: (_job, { snooze }) => {
          if (queue.clock.now() < start + MINUTE) snooze("1m");
        },
      },
      { advance: true },
    );
    expect(ran.map(({ type, outcome, at }) => [type, outcome, (at - start) / MINUTE])).toEqual([
      ["patient", "snoozed", 0],
      ["patient", "completed", 1],
      ["held", "completed", 1.5],
      ["flaky", "retried", 5],
      ["flaky", "completed", 6],
    ]);
    const job = await queue.expectAdded("flaky", undefined, { times: 1 });
    expect(job).toMatchObject({ insertedAt: start, finishedAt: start + 6 * MINUTE, error: { at: start + 5 * MINUTE } });
  });

  it("runs schedules, and keeps finished jobs as long as it says", async () => {
    await queue.schedule("hourly", { cron: "0 * * * *" }, "report", {});
    expect(await queue.runUntilIdle({ report: () => undefined }, { advance: "1d" })).toHaveLength(24);
    expect(await queue.tidy()).toBe(0);
    queue.clock.advance("24h");
    expect(await queue.tidy()).toBeGreaterThan(20);
  });

  it("keeps to a lane's rate", async () => {
    await queue.configure("slow", { rate: { limit: 1, periodMs: MINUTE, burst: 1 } });
    for (let n = 0; n < 3; n++) await queue.add("call", n, { lane: "slow" });
    const ran = await queue.runUntilIdle({ call: () => undefined }, { advance: true });
    expect(ran.map(({ at }) => (at - start) / MINUTE)).toEqual([0, 1, 2]);
  });

  it("runs what was added in a transaction once it is committed", async () => {
    const client = await openClient();
    await client.query("BEGIN");
    await queue.in(client as never).add("a", 1);
    await queue.expectNotAdded("a");
    await client.query("COMMIT");
    await queue.expectAdded("a", 1);
    expect(await queue.runUntilIdle({ a: () => "done" })).toMatchObject([{ outcome: "completed", result: "done" }]);
  });
});

async function place(): Promise<object> {
  return { url: await serverUrl(), schema: temporarySchema(), connections: 4, notify: false };
}
