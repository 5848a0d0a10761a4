import { fork } from "node:child_process";
import { once } from "node:events";
import { openQueue, type Queue } from "@anyqueue/api";
import { describe, expect, it, onTestFinished } from "vitest";
import { openClient, serverUrl, temporarySchema } from "../server.ts";

const HOUR = 3_600_000;
/** How long a busy machine may take for what takes no time. */
const SLACK = 60_000;

interface Told {
  /** How many statements went to the server. */
  readonly statements: number;
  /** Fields and parameters in which a time of the wrong clock went to the server. */
  readonly sent: readonly string[];
  readonly early: string | null;
  readonly counts: readonly unknown[];
  readonly pruned: number;
  readonly listed: readonly string[];
}

describe.each([
  ["ahead", 5 * HOUR],
  ["behind", -5 * HOUR],
])("a client whose clock is hours %s", (_, skew) => {
  it("S35 S103 P8 P10 changes nothing: every due time and lease is by the server's clock", async () => {
    const [url, schema] = [await serverUrl(), temporarySchema()];
    const before = await serverClock();
    const told = await runSkewed(url, schema, skew);
    const after = await serverClock();

    // The one time that is the client's: when, as its handler saw it, an attempt failed (P16).
    expect(told.sent).toEqual(["at"]);
    expect(told.statements).toBeGreaterThan(30);
    expect(told).toMatchObject({ early: null, pruned: 0, listed: [] });
    expect(told.counts).toEqual([{ active: 1, cancelled: 1, completed: 1, delayed: 5 }]);

    const { rows } = await (
      await openClient()
    ).query<Readonly<Record<string, number>> & { name: string }>(
      `SELECT split_part(id, ':', 2) AS name, inserted_at::float8 AS inserted, (run_at - inserted_at)::float8 AS delay,
         (lease_until - inserted_at)::float8 AS lease, updated_at::float8 AS updated, finished_at::float8 AS finished
       FROM ${schema}.hot_jobs WHERE lane = 'default'
       UNION ALL SELECT split_part(id, ':', 2), inserted_at, run_at - inserted_at, NULL, updated_at, finished_at
       FROM ${schema}.history`,
    );
    const jobs = new Map(rows.map((row) => [row.name, row]));
    for (const { inserted = 0, updated = 0, finished } of rows) {
      expect(inserted).toBeGreaterThanOrEqual(before);
      expect(updated).toBeGreaterThanOrEqual(inserted);
      expect(finished ?? updated).toBeLessThanOrEqual(after);
    }
    expect(jobs.get("now")).toMatchObject({ delay: 0, lease: within(45_000, 45_000 + SLACK) });
    expect(jobs.get("later")).toMatchObject({ delay: HOUR });
    expect(jobs.get("many")).toMatchObject({ delay: HOUR });
    expect(jobs.get("released")).toMatchObject({ delay: within(600_000, 600_000 + SLACK) });
    expect(jobs.get("failed")).toMatchObject({ delay: within(60_000, 60_000 + SLACK) });
    expect(jobs.get("snoozed")).toMatchObject({ delay: within(1_200_000, 1_200_000 + SLACK) });
  });

  it("S35 takes nothing of which somebody else's lease lives", async () => {
    const [url, schema] = [await serverUrl(), temporarySchema()];
    const queue: Queue = await openQueue({ backend: "postgres", url, schema });
    onTestFinished(() => queue.close());
    await queue.add("now", 1, { lane: "mine" });
    const receipt = await queue.receive({ lanes: ["mine"], lease: "60s" });
    const told = await runSkewed(url, schema, skew);
    expect(told.early).toBe(null);
    expect(await receipt?.complete("mine")).toMatchObject({ status: "ok" });
  });
});

async function runSkewed(url: string, schema: string, skew: number): Promise<Told> {
  const child = fork(new URL("./skewed-process.ts", import.meta.url), [url, schema, String(skew)]);
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit").then(() => Promise.reject(new Error("The process ended before it told anything.")));
  const [told] = (await Promise.race([once(child, "message"), ended])) as [Told];
  ended.catch(() => undefined);
  return told;
}

async function serverClock(): Promise<number> {
  const text = "SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now";
  const { rows } = await (await openClient()).query<{ now: number }>(text);
  return rows[0]?.now ?? 0;
}

function within(least: number, most: number): unknown {
  return expect.toSatisfy((value: number) => value >= least && value <= most, `from ${least} to ${most}`);
}
