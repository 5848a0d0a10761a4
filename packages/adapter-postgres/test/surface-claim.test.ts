import { beforeEach, describe, expect, it } from "vitest";
import { refusal, Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

/** Adds a job and claims it. */
async function claimed(options = ""): Promise<{ id: string; token: number }> {
  await surface.rows(`SELECT anyqueue.enqueue('t'${options})`);
  const { id, token } = await surface.row("SELECT id, token FROM anyqueue.claim()");
  return { id: String(id), token: Number(token) };
}

describe("claim", () => {
  it("P7 takes jobs in the order of priority, due time and insertion, with all that a worker needs", async () => {
    const bulk = [5, 1, 3, 1].map((priority, payload) => ({
      type: "t",
      payload,
      priority,
      timeout: "2 s",
      group: "g",
    }));
    await surface.rows("SELECT anyqueue.enqueue_bulk($1)", [JSON.stringify(bulk)]);
    expect(await surface.column("SELECT payload FROM anyqueue.claim(n => 3)")).toEqual([1, 3, 2]);
    const [last, ...rest] = await surface.rows(
      `SELECT *, lease_until - clock_timestamp() BETWEEN '9 s' AND '10 s' AS is_long, inserted_at <= clock_timestamp() AS is_past
       FROM anyqueue.claim('{default}', 10, '10 s', 'me')`,
    );
    expect(rest).toEqual([]);
    expect(last).toMatchObject({
      type: "t",
      payload: 0,
      lane: "default",
      state: "active",
      priority: 5,
      attempt: 1,
      max_attempts: 3,
      group: "g",
      token: expect.any(Number) as unknown,
      version: 2,
      is_long: true,
      is_past: true,
      progress: null,
      error: null,
    });
    expect(await surface.column("SELECT holder FROM anyqueue.running WHERE id = $1", [last?.["id"]])).toEqual(["me"]);
    expect(await surface.column("SELECT holder FROM anyqueue.running WHERE holder <> 'me' LIMIT 1")).toEqual([
      expect.stringMatching(/^[^/]+\/\d+$/),
    ]);
  });

  it("P6 never gives a job to two sessions", async () => {
    await surface.rows("SELECT anyqueue.enqueue('t', to_jsonb(i)) FROM generate_series(1, 200) i");
    const sessions = await Promise.all(Array.from({ length: 5 }, () => surface.another()));
    const ids: unknown[] = [];
    await Promise.all(
      sessions.map(async (session) => {
        for (let some = [null] as unknown[]; some.length > 0; ids.push(...some)) {
          some = await session.column("SELECT id FROM anyqueue.claim(n => 7)");
        }
      }),
    );
    expect(new Set(ids).size).toBe(200);
    expect(ids.filter((id) => id !== null)).toHaveLength(200);
  });

  it("takes from the lanes named, or from all but those that are paused or AnyQueue's own", async () => {
    const queue = await surface.queue();
    await surface.rows(
      `SELECT anyqueue.insert_jobs('[{"id": "$own:1", "lane": "$own", "type": "t", "state": "waiting", "priority": 0, "maxAttempts": 1}]',
         '{$own}', NULL, true, false, false, false, NULL)`,
    );
    for (const lane of ["a", "b", "paused"]) await queue.add("t", lane, { lane });
    await queue.pause("paused");
    expect(await surface.column("SELECT payload FROM anyqueue.claim('{b, nowhere, paused}', 9)")).toEqual(["b"]);
    expect(await surface.column("SELECT payload FROM anyqueue.claim(n => 9)")).toEqual(["a"]);
    await expect(surface.rows("SELECT * FROM anyqueue.claim('{$own}')")).rejects.toMatchObject(
      refusal(/"lanes" cannot be/),
    );
  });

  it("starves no lane when it takes from all", async () => {
    for (const lane of ["a", "b", "c", "d"]) {
      await surface.rows("SELECT anyqueue.enqueue('t', lane => $1) FROM generate_series(1, 50)", [lane]);
    }
    await surface.rows("SELECT j.* FROM generate_series(1, 100) i, LATERAL anyqueue.claim(n => 1 + 0 * i) j");
    expect(await surface.column("SELECT DISTINCT lane FROM anyqueue.running ORDER BY lane")).toEqual([
      "a",
      "b",
      "c",
      "d",
    ]);
  });

  it("finds jobs of a type behind any number of others", async () => {
    await surface.rows("SELECT count(anyqueue.enqueue('mail.send', to_jsonb(i))) FROM generate_series(1, 1200) i");
    await surface.rows(
      "SELECT anyqueue.enqueue('page.fetch.now'), anyqueue.enqueue('page.fetch'), anyqueue.enqueue('page')",
    );
    const claim = "SELECT type FROM anyqueue.claim(types => $1, n => 2)";
    expect(await surface.column(claim, [["page.*"]])).toEqual(["page.fetch"]);
    expect(await surface.column(claim, [["page.**"]])).toEqual(["page.fetch.now", "page"]);
    expect(await surface.column(claim, [["page.**", "nothing"]])).toEqual([]);
    expect(await surface.column(claim, [["mail.send", "other"]])).toEqual(["mail.send", "mail.send"]);
    expect(await surface.column(claim, [[]])).toEqual([]);
  });

  it("only reads when it finds nothing", async () => {
    expect(await surface.rows("SELECT * FROM anyqueue.claim()")).toEqual([]);
    await surface.rows("SELECT anyqueue.enqueue('t', delay => '1 hour')");
    await claimed(", lane => 'b'");
    for (let turn = 0; turn < 2; turn++) {
      await surface.rows("BEGIN");
      expect(await surface.rows("SELECT * FROM anyqueue.claim()")).toEqual([]);
      expect(await surface.value("SELECT pg_current_xact_id_if_assigned()")).toBe(null);
      await surface.rows("COMMIT");
    }
  });

  it("refuses what makes no sense, and tells what to do instead", async () => {
    const cases: readonly (readonly [given: string, message: RegExp])[] = [
      ["n => 0", /Cannot claim 0 jobs/],
      ["n => 10001", /Cannot claim 10001 jobs/],
      ["n => NULL", /Cannot claim .*jobs/],
      ["lease => '0 s'", /"lease" cannot be/],
      ["lanes => '{a b}'", /"lanes" cannot be "a b"/],
      ["lanes => '{NULL}'", /a null in "lanes"/],
      ["holder => ''", /"holder" cannot be ""/],
    ];
    for (const [given, message] of cases) {
      await expect(surface.rows(`SELECT * FROM anyqueue.claim(${given})`)).rejects.toMatchObject(refusal(message));
    }
  });

  it("P15 settles jobs whose lease has ended, once, whoever claims", async () => {
    const first = await claimed(`, '1', id => 'a:1', backoff => '{"type": "fixed", "delay": 0}'`);
    const last = await claimed(", '2', id => 'a:2', max_attempts => 1");
    const asked = await claimed(", '3', id => 'a:3'");
    await surface.rows("SELECT anyqueue.cancel('a:3')");
    await surface.endLeases();
    const sessions = await Promise.all(Array.from({ length: 4 }, () => surface.another()));
    const found = await Promise.all(sessions.map((session) => session.column("SELECT id FROM anyqueue.claim(n => 9)")));
    expect(found.flat()).toEqual(["a:1"]);
    expect(
      await surface.rows("SELECT id, state, attempt, error - 'at' AS error FROM anyqueue.jobs ORDER BY id"),
    ).toEqual([
      { id: "a:1", state: "active", attempt: 2, error: expect.objectContaining({ attempt: 1 }) as unknown },
      {
        id: "a:2",
        state: "failed",
        attempt: 1,
        error: { message: "The lease of attempt 1 ended before it was settled.", code: "LEASE_ENDED", attempt: 1 },
      },
      { id: "a:3", state: "cancelled", attempt: 1, error: null },
    ]);
    for (const { id, token } of [first, last, asked]) {
      expect(await surface.value("SELECT status FROM anyqueue.complete($1, $2)", [id, token])).toBe("stale");
    }
  });

  it("P15 looks for ended leases about once a second in each session, since it costs something", async () => {
    await claimed(", max_attempts => 1");
    await surface.endLeases();
    await surface.rows("SELECT * FROM anyqueue.claim()");
    expect(await surface.value("SELECT count(*) FROM anyqueue.expired")).toBe(1);
    const other = await surface.another();
    await other.rows("SELECT * FROM anyqueue.claim()");
    expect(await surface.column("SELECT state FROM anyqueue.jobs")).toEqual(["failed"]);
  });
});
