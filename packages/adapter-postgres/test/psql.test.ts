import { spawn, spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { serverUrl } from "./server.ts";
import { Surface } from "./surface.ts";

const isThere = spawnSync("psql", ["--version"]).status === 0;

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

/** Runs a script in a psql of its own; answers what it printed, a line for each row. */
async function psql(script: string): Promise<string[]> {
  const options = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"];
  const child = spawn("psql", [...options, await serverUrl()], { stdio: ["pipe", "pipe", "pipe"] });
  child.stdin.end(surface.named(script));
  const [printed, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (complaint !== "") throw new Error(complaint);
  return printed.split("\n").filter((line) => line !== "");
}

describe.skipIf(!isThere)(`a job driven by psql${isThere ? "" : " (there is no psql here)"}`, () => {
  it("lives a whole life: added, claimed, prolonged, failed, tried again, completed", async () => {
    expect(
      await psql(String.raw`
        SELECT anyqueue.enqueue('mail.send', '{"to": "a@example.com"}', lane => 'mail', id => '1', max_attempts => 2);
        SELECT anyqueue.enqueue('mail.send', lane => 'mail', id => '2', delay => '5 min');
        SELECT id, token, payload ->> 'to' AS "to" FROM anyqueue.claim('{mail}') \gset
        SELECT :'id', :'to';
        SELECT status FROM anyqueue.extend(:'id', :token, '1 min');
        SELECT status, state FROM anyqueue.fail(:'id', :token, 'no route', retry_in => '0 s');
        SELECT status FROM anyqueue.complete(:'id', :token);
        SELECT id, token, attempt, error ->> 'message' AS error FROM anyqueue.claim('{mail}') \gset
        SELECT :'attempt', :'error';
        SELECT id, holder LIKE 'psql/%' FROM anyqueue.running;
        SELECT status, state FROM anyqueue.complete(:'id', :token, '{"sent": true}');
        SELECT id, status, result FROM anyqueue.jobs ORDER BY seq;
        SELECT lane, delayed, completed FROM anyqueue.lanes;
      `),
    ).toEqual([
      "mail:1",
      "mail:2",
      "mail:1|a@example.com",
      "ok",
      "ok|waiting",
      "stale",
      "2|no route",
      "mail:1|t",
      "ok|completed",
      'mail:1|completed|{"sent": true}',
      "mail:2|delayed|",
      "mail|1|1",
    ]);
  });

  it("goes to and fro between psql and a TypeScript worker of the same lane", async () => {
    const queue = await surface.queue();
    const seen: unknown[] = [];
    await psql(`SELECT anyqueue.enqueue('count', '10', backoff => '{"type": "fixed", "delay": 0}')`);
    await psql(String.raw`
      SELECT id, token FROM anyqueue.claim() \gset
      SELECT anyqueue.fail(:'id', :token, 'not by psql') \g /dev/null`);
    const worker = queue.work({
      count: (job) => {
        seen.push([job.attempt, job.error?.message]);
        throw new Error("nor by TypeScript");
      },
    });
    await worker.idle();
    await worker.stop();
    expect(seen).toEqual([
      [2, "not by psql"],
      [3, "nor by TypeScript"],
    ]);
  });

  it("P17, P18, P20 is one of a kind, has its turn, and waits for others, whoever works on them", async () => {
    const queue = await surface.queue();
    const seen: unknown[] = [];
    const note = ({ id }: { readonly id: string }) => void seen.push(id);
    const worker = queue.work({ "account.debit": note, report: note });
    expect(
      await psql(`
        SELECT anyqueue.enqueue('import', id => 'import', unique_key => 'catalogue');
        SELECT anyqueue.enqueue('import', unique_key => 'catalogue');
        SELECT anyqueue.enqueue('account.credit', id => 'credit', ordering_key => 'account-7', depends_on => '{default:import}');
        SELECT anyqueue.enqueue('account.debit', id => 'debit', ordering_key => 'account-7', depends_on => '{default:import}');
        SELECT anyqueue.enqueue('report', id => 'report', depends_on => '{default:credit,default:debit}');
        SELECT id, waits_for FROM anyqueue.blocked ORDER BY seq;
      `),
    ).toEqual([
      "default:import",
      "default:import",
      "default:credit",
      "default:debit",
      "default:report",
      "default:credit|{default:import}",
      "default:debit|{default:import}",
      "default:report|{default:credit,default:debit}",
    ]);
    expect(
      await psql(String.raw`
        SELECT id, token FROM anyqueue.claim(types => '{import}') \gset
        SELECT status FROM anyqueue.complete(:'id', :token);
        SELECT id FROM anyqueue.blocked;
      `),
    ).toEqual(["ok", "default:report"]);
    // The worker may be giving turns at this moment, and then there is nothing for others.
    const claim = "SELECT id, token FROM anyqueue.claim(types => '{account.*}', n => 10)";
    const [credit = ""] = await vi.waitUntil(async () => (await psql(claim))[0]?.split("|"), 60_000);
    expect(credit).toBe("default:credit");
    expect(await psql(claim)).toEqual([]);
    await worker.idle();
    expect(seen).toEqual([]);
    expect(await psql("SELECT c.status FROM anyqueue.running j, LATERAL anyqueue.complete(j.id, j.token) c")).toEqual([
      "ok",
    ]);
    await queue.result("default:report");
    await worker.stop();
    expect(seen).toEqual(["default:debit", "default:report"]);
    expect(await psql("SELECT status, count(*) FROM anyqueue.jobs GROUP BY 1")).toEqual(["completed|4"]);
    const [again] = await psql("SELECT anyqueue.enqueue('import', unique_key => 'catalogue')");
    expect(await queue.add("import", null, { unique: { key: "catalogue" } })).toMatchObject({
      id: again,
      status: "existing",
    });
  });

  it("hands its result to who waits for it in TypeScript", async () => {
    const queue = await surface.queue();
    const { id } = await queue.add("add", [1, 2]);
    const result = queue.result(id);
    await psql(String.raw`
      SELECT id, token, (payload ->> 0)::int + (payload ->> 1)::int AS sum FROM anyqueue.claim() \gset
      SELECT anyqueue.complete(:'id', :token, :'sum') \g /dev/null`);
    expect(await result).toBe(3);
  });

  it("P13, P15 is rescued by whoever claims next, and its old holder is stale, in both directions", async () => {
    const queue = await surface.queue();
    const again = { backoff: { type: "fixed", delay: 0 } } as const;
    const { id } = await queue.add("t", null, again);
    const [token] = await psql("SELECT token FROM anyqueue.claim()");
    await surface.endLeases();
    // The first poll settles it; what is due then is found by the next one at the latest.
    const polled = await queue.poll({ limit: 1, lease: { ms: 60_000, holder: "ts" } });
    expect(polled.jobs).toMatchObject([{ id, attempt: 2, error: { code: "LEASE_ENDED" } }]);
    expect(await psql(`SELECT status FROM anyqueue.complete('${id}', ${token})`)).toEqual(["stale"]);

    await surface.endLeases();
    expect(await psql("SELECT attempt, error ->> 'code' FROM anyqueue.claim()")).toEqual(["3|LEASE_ENDED"]);
    const late = { id, expect: { token: polled.jobs[0]?.token ?? 0 }, set: { state: "completed" } };
    expect(await queue.cas([late])).toMatchObject([{ status: "stale" }]);
  });

  it("P6 is done once when psql and TypeScript drain a lane together", async () => {
    const queue = await surface.queue();
    const done: unknown[] = [];
    await psql("SELECT count(anyqueue.enqueue('t', to_jsonb(i), notify => false)) FROM generate_series(1, 300) i");
    const drain =
      "SELECT j.payload FROM anyqueue.claim(n => 10) j, LATERAL anyqueue.complete(j.id, j.token) c WHERE c.status = 'ok';";
    const worker = queue.work({ t: ({ payload }) => void done.push(payload) }, { concurrency: 2 });
    const [byPsql] = await Promise.all([psql(drain.repeat(10)), worker.idle()]);
    await worker.stop();
    done.push(...byPsql.map(Number));
    expect(done).toHaveLength(300);
    expect(new Set(done).size).toBe(300);
    expect(await psql("SELECT state, attempt, count(*) FROM anyqueue.jobs GROUP BY 1, 2")).toEqual(["completed|1|300"]);
  });
});
