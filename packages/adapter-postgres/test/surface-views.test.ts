import { beforeEach, describe, expect, it } from "vitest";
import { Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

/** One job of each kind, named after it. */
async function populate(): Promise<void> {
  const add = (id: string, options = "") => surface.rows(`SELECT anyqueue.enqueue('t', id => $1${options})`, [id]);
  const claim = async (id: string) =>
    Number(await surface.value("SELECT token FROM anyqueue.claim() WHERE id = $1", [`default:${id}`]));
  await add("completed");
  await surface.rows("SELECT anyqueue.complete('default:completed', $1, '7')", [await claim("completed")]);
  await add("failed");
  await surface.rows("SELECT anyqueue.fail('default:failed', $1, 'no', final => true)", [await claim("failed")]);
  await add("expired");
  await claim("expired");
  await surface.endLeases(["default:expired"]);
  await add("running");
  await claim("running");
  await add("cancelled");
  await surface.rows("SELECT anyqueue.cancel('default:cancelled')");
  await add("delayed", ", delay => '1 h'");
  await add("later", ", delay => '1 h', state => 'new'");
  await add("waiting");
  await surface.rows("UPDATE anyqueue.hot_jobs SET run_at = run_at - 60000 WHERE id = 'default:waiting'");
}

describe("the views", () => {
  it("S96 show every job with its state, and which are running, expired, delayed and failed", async () => {
    await populate();
    expect(
      await surface.rows("SELECT split_part(id, ':', 2) AS id, state, status FROM anyqueue.jobs ORDER BY seq"),
    ).toEqual([
      { id: "completed", state: "completed", status: "completed" },
      { id: "failed", state: "failed", status: "failed" },
      { id: "expired", state: "active", status: "active" },
      { id: "running", state: "active", status: "active" },
      { id: "cancelled", state: "cancelled", status: "cancelled" },
      { id: "delayed", state: "waiting", status: "delayed" },
      { id: "later", state: "new", status: "new" },
      { id: "waiting", state: "waiting", status: "waiting" },
    ]);
    for (const view of ["running", "expired", "delayed", "failed"]) {
      expect(await surface.column(`SELECT id FROM anyqueue.${view}`)).toEqual([`default:${view}`]);
    }
  });

  it("show of a job what TypeScript shows, with times as times", async () => {
    const queue = await surface.queue();
    await populate();
    const { items } = await queue.list({ limit: 100 });
    const rows = await surface.rows("SELECT * FROM anyqueue.jobs ORDER BY seq");
    const ms = (time: unknown) => (time as Date | null)?.getTime();
    expect(
      rows.map((row) => ({
        id: row["id"],
        lane: row["lane"],
        type: row["type"],
        payload: row["payload"],
        state: row["state"],
        priority: row["priority"],
        attempt: row["attempt"],
        maxAttempts: row["max_attempts"],
        token: row["token"],
        runAt: ms(row["run_at"]),
        insertedAt: ms(row["inserted_at"]),
        updatedAt: ms(row["updated_at"]),
        version: row["version"],
        finishedAt: ms(row["finished_at"]),
        result: row["result"] ?? undefined,
        error: row["error"] ?? undefined,
        until: ms(row["lease_until"]),
        holder: row["holder"] ?? undefined,
      })),
    ).toEqual(items.map(({ lease, ...job }) => ({ ...job, until: lease?.until, holder: lease?.holder })));
  });

  it("show the lanes as TypeScript does, with settings, counts and what has been due longest", async () => {
    const queue = await surface.queue();
    await populate();
    await queue.pause("default");
    await queue.configure("other", { keep: { completed: false } });
    const [status, ...others] = await queue.lanes();
    expect(others.map(({ lane }) => lane)).toEqual(["other"]);
    const [row, other] = await surface.rows("SELECT * FROM anyqueue.lanes ORDER BY lane");
    expect(row).toEqual({
      lane: "default",
      paused: true,
      waiting: 1,
      delayed: 1,
      active: 2,
      blocked: 0,
      completed: 1,
      failed: 1,
      cancelled: 1,
      counts: status?.counts,
      at_least: [],
      settings: { paused: true },
      oldest_due_at: new Date(status?.oldestDueAt ?? 0),
    });
    expect(row?.["counts"]).toMatchObject({ new: 1 });
    expect(other).toMatchObject({ paused: false, waiting: 0, counts: {}, settings: { keep: { completed: false } } });
  });

  it("count up to ten thousand, and say where there may be more", async () => {
    await surface.rows("SELECT anyqueue.enqueue('t')");
    await surface.rows(
      `INSERT INTO anyqueue.hot_jobs (id, lane, type, state, place, priority, run_at, inserted_at, updated_at, max_attempts, payload)
       SELECT 'default:' || i, 'default', 't', 'waiting', 0, i, 0, 0, 0, 1, 'null' FROM generate_series(1, 9998) i`,
    );
    const lanes = "SELECT waiting, at_least FROM anyqueue.lanes";
    expect(await surface.row(lanes)).toEqual({ waiting: 9999, at_least: [] });
    await surface.rows("SELECT anyqueue.enqueue('t'), anyqueue.enqueue('t')");
    expect(await surface.row(lanes)).toEqual({ waiting: 10_000, at_least: ["waiting"] });
  });

  it("leave out the jobs that AnyQueue keeps for itself", async () => {
    await surface.rows(
      `SELECT anyqueue.insert_jobs('[{"id": "$own:1", "lane": "$own", "type": "t", "state": "waiting", "priority": 0, "maxAttempts": 1}]',
         '{$own}', NULL, true, false, false, false, NULL)`,
    );
    for (const view of ["jobs", "lanes"]) expect(await surface.rows(`SELECT * FROM anyqueue.${view}`)).toEqual([]);
  });
});
