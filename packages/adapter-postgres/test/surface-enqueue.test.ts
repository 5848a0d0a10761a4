import { beforeEach, describe, expect, it } from "vitest";
import { decodeMessage } from "../src/wakeups/message.ts";
import { refusal, Surface } from "./surface.ts";

let surface: Surface;

beforeEach(async () => {
  surface = await Surface.open();
});

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("enqueue", () => {
  it("adds what TypeScript's add adds when nothing but type and payload is said", async () => {
    const queue = await surface.queue();
    const theirs = await queue.get(String(await surface.value(`SELECT anyqueue.enqueue('mail.send', '{"to": 1}')`)));
    const ours = await queue.get((await queue.add("mail.send", { to: 1 })).id);
    expect(theirs).toEqual({
      ...ours,
      id: theirs?.id,
      runAt: theirs?.insertedAt,
      insertedAt: theirs?.insertedAt,
      updatedAt: theirs?.insertedAt,
    });
    expect(theirs?.id.replace("default:", "")).toMatch(UUID7);
  });

  it("takes every option by its name", async () => {
    const queue = await surface.queue();
    const id = await surface.value(
      `SELECT anyqueue.enqueue('page', '[1, null]', lane => 'web', id => 'p1', priority => 4294967295, state => 'new',
         run_at => '2030-01-01 12:00:00.0015+02', max_attempts => 7, timeout => '1.5 s', "group" => 'site', progress => 'null',
         backoff => '{"type": "linear", "delay": "2 min", "max": 90000000, "jitter": 1}')`,
    );
    expect(id).toBe("web:p1");
    expect(await queue.get("web:p1")).toMatchObject({
      type: "page",
      payload: [1, null],
      lane: "web",
      priority: 4_294_967_295,
      state: "new",
      maxAttempts: 7,
      timeoutMs: 1500,
      group: "site",
      progress: null,
      // Never earlier than what was said.
      runAt: Date.UTC(2030, 0, 1, 10, 0, 0, 2),
      backoff: { type: "linear", delayMs: 120_000, maxMs: 90_000_000, jitter: 1 },
    });
  });

  it("P2 brings payloads of any kind as they are", async () => {
    const queue = await surface.queue();
    for (const payload of [
      null,
      false,
      "",
      0,
      [],
      {},
      JSON.parse('{"__proto__": 1, "": {"a": "日本語 😀"}}') as unknown,
      [1e21, 0.1, -7],
    ]) {
      const id = await surface.value("SELECT anyqueue.enqueue('t', $1)", [JSON.stringify(payload)]);
      expect((await queue.get(String(id)))?.payload).toEqual(payload);
    }
  });

  it("P3 answers the id of a job that is kept, and changes nothing", async () => {
    const queue = await surface.queue();
    const add = "SELECT anyqueue.enqueue('t', $1, id => 'once', lane => 'a')";
    expect(await surface.value(add, ["1"])).toBe("a:once");
    expect(await surface.value(add, ["2"])).toBe("a:once");
    await surface.rows("SELECT c.* FROM anyqueue.claim() j, LATERAL anyqueue.complete(j.id, j.token) c");
    expect(await surface.value("SELECT anyqueue.enqueue('t', '3', id => 'a:once')")).toBe("a:once");
    expect(await queue.get("a:once")).toMatchObject({ payload: 1, state: "completed" });
  });

  it("makes ids that sort as they were made", async () => {
    const made = await surface.column("SELECT anyqueue.enqueue('t', to_jsonb(i)) FROM generate_series(1, 500) i");
    const ids = made.map(String);
    expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)));
    expect(new Set(ids).size).toBe(500);
  });

  it("P5 takes part in the caller's transaction, whose commit wakes workers", async () => {
    const heard: unknown[] = [];
    const listener = await surface.another();
    listener.client.on("notification", ({ payload = "" }) => {
      const { lanes, finished, sender, resync } = decodeMessage(payload);
      heard.push({ lanes, finished, sender, resync });
    });
    await listener.rows(`LISTEN ${surface.schema}`);

    await surface.rows("BEGIN");
    await surface.rows("SELECT anyqueue.enqueue('t', lane => 'gone')");
    await surface.rows("ROLLBACK");
    await surface.rows("SELECT anyqueue.enqueue('t', lane => 'silent', notify => false)");
    await surface.rows("BEGIN");
    await surface.rows("SELECT anyqueue.enqueue('t', lane => 'a', id => '1')");
    expect(await listener.column("SELECT lane FROM anyqueue.jobs")).toEqual(["silent"]);
    expect(heard).toEqual([]);
    await surface.rows("COMMIT");
    await surface.rows("SELECT anyqueue.enqueue('t', id => 'a:1')");
    await surface.rows("SELECT anyqueue.cancel('a:1')");
    // An answer comes behind everything that was to be heard before it.
    expect(await listener.column("SELECT lane FROM anyqueue.jobs ORDER BY lane")).toEqual(["a", "silent"]);
    expect(heard).toEqual([
      { lanes: ["a"], finished: [], sender: "", resync: false },
      { lanes: [], finished: ["a"], sender: "", resync: false },
    ]);
  });

  it("does the same in every session, whatever its settings and temporary tables", async () => {
    const queue = await surface.queue();
    for (const setting of [
      "TimeZone = 'Asia/Kolkata'",
      "DateStyle = 'German, DMY'",
      "IntervalStyle = 'sql_standard'",
      "search_path = pg_temp, public",
      "extra_float_digits = -15",
      "lc_messages = 'C'",
      "bytea_output = 'escape'",
      "default_transaction_isolation = 'repeatable read'",
    ]) {
      await surface.rows(`SET ${setting}`);
    }
    await surface.rows(`CREATE TEMP TABLE hot_jobs (id text); CREATE TEMP TABLE lane_settings (lane text);
      CREATE FUNCTION pg_temp.insert_jobs(json, text[], bigint, boolean, boolean, boolean, boolean, text) RETURNS text LANGUAGE sql AS 'SELECT 1/0'`);
    const runAt = Date.UTC(2030, 1, 1, 10);
    await surface.rows(
      `SELECT * FROM anyqueue.enqueue_bulk('[{"type": "t", "id": "a:1", "run_at": "2030-02-01 10:00"},
         {"type": "t", "id": "a:2", "run_at": "2030-02-01T12:00:00+02:00"}, {"type": "t", "id": "a:3", "delay": "1 day 1:00"}]')`,
    );
    await surface.rows(
      "SELECT anyqueue.enqueue('t', id => 'a:4', delay => '1 1:00', backoff => '{\"type\": \"fixed\", \"delay\": \"0.1 s\"}')",
    );
    const [first, second, third, fourth] = await Promise.all(["a:1", "a:2", "a:3", "a:4"].map((id) => queue.get(id)));
    expect([first?.runAt, second?.runAt]).toEqual([runAt, runAt]);
    expect((third?.runAt ?? 0) - (third?.insertedAt ?? 0)).toBe(25 * 3_600_000);
    expect((fourth?.runAt ?? 0) - (fourth?.insertedAt ?? 0)).toBe(25 * 3_600_000);
    expect(fourth?.backoff).toEqual({ type: "fixed", delayMs: 100 });
    expect(Math.abs((fourth?.insertedAt ?? 0) - Date.now())).toBeLessThan(60_000);
  });

  it("refuses what TypeScript's add refuses, and tells what to do instead", async () => {
    const long = "x".repeat(256);
    const cases: readonly (readonly [given: string, message: RegExp])[] = [
      ["NULL", /"type" is missing/],
      ["''", /"type" cannot be ""/],
      [`'${long}'`, /"type" cannot be "x{59}…"/],
      ["E'a\\nb'", /"type" cannot be/],
      ["'t', lane => 'a b'", /"lane" cannot be "a b"/],
      ["'t', lane => ''", /"lane" cannot be ""/],
      [`'t', lane => '${"l".repeat(101)}'`, /"lane" cannot be/],
      ["'t', lane => '$system'", /"lane" cannot be "\$system"/],
      ["'t', id => '$system:x'", /"lane" cannot be "\$system"/],
      ["'t', id => 'a:x', lane => 'b'", /"id" cannot be "a:x" in the lane "b"/],
      ["'t', id => ''", /"id" cannot be ""/],
      ["'t', id => 'a:'", /"id" cannot be ""/],
      [`'t', id => '${long}'`, /"id" cannot be/],
      ["'t', state => 'active'", /cannot begin as "active"/],
      ["'t', state => 'failed'", /cannot begin as "failed"/],
      ["'t', state => '$resting'", /cannot begin as/],
      ["'t', priority => -1", /"priority" cannot be -1/],
      ["'t', priority => 4294967296", /"priority" cannot be 4294967296/],
      ["'t', max_attempts => 0", /"max_attempts" cannot be 0/],
      ["'t', delay => '-1 s'", /"delay" cannot be "-00:00:01"/],
      ["'t', delay => '1 s', run_at => now()", /"run_at" and "delay" are both given/],
      ["'t', run_at => 'infinity'", /"run_at" cannot be "infinity"/],
      ["'t', run_at => '1969-12-31Z'", /"run_at" cannot be/],
      ["'t', timeout => '0 s'", /"timeout" cannot be/],
      [`'t', "group" => ''`, /"group" cannot be ""/],
      [`'t', '${JSON.stringify("x".repeat(1_048_576))}'`, /"payload" has 1048578 bytes/],
      [`'t', '1', progress => '${JSON.stringify("x".repeat(1_048_576))}'`, /"progress" has 1048578 bytes/],
      [`'t', '${"[".repeat(201)}${"]".repeat(201)}'`, /"payload" is nested more than 200 levels/],
      ["'t', '[-1e400]'", /"payload" holds a number beyond/],
      ["'t', backoff => '3'", /"backoff" is not an object/],
      [`'t', backoff => '{"type": "fixed"}'`, /"backoff" has no delay/],
      [`'t', backoff => '{"type": "cubic", "delay": 1}'`, /type of "backoff" cannot be "cubic"/],
      [`'t', backoff => '{"type": "fixed", "delay": "soon"}'`, /"backoff.delay" cannot be "soon"/],
      [`'t', backoff => '{"type": "fixed", "delay": -1}'`, /"backoff.delay" cannot be -1/],
      [`'t', backoff => '{"type": "fixed", "delay": 1, "jitter": 2}'`, /jitter of "backoff" cannot be 2/],
      [`'t', backoff => '{"type": "fixed", "delay": 1, "base": 2}'`, /"backoff" has no "base"/],
    ];
    for (const [given, message] of cases) {
      const adding = surface.rows(`SELECT anyqueue.enqueue(${given})`);
      await expect(adding).rejects.toMatchObject(refusal(message));
    }
    expect(await surface.value("SELECT count(*) FROM anyqueue.jobs")).toBe(0);
  });

  it("P2 cannot be given U+0000 or lone surrogates", async () => {
    for (const text of [String.raw`"\u0000"`, String.raw`"\ud800"`]) {
      await expect(surface.rows("SELECT anyqueue.enqueue('t', $1)", [text])).rejects.toMatchObject({
        code: expect.stringMatching(/^22P0/) as unknown,
      });
    }
  });

  it("takes what is as large as the bounds allow", async () => {
    const id = "x".repeat(255);
    await surface.rows('SELECT anyqueue.enqueue($1, $2, lane => $3, id => $1, "group" => $1, state => $1)', [
      id,
      JSON.stringify("x".repeat(1_048_574)),
      "l".repeat(100),
    ]);
    const deep = `${"[".repeat(200)}${"]".repeat(200)}`;
    await surface.rows("SELECT anyqueue.enqueue('t', $1)", [deep]);
    expect(await surface.column("SELECT length(payload::text) FROM anyqueue.jobs ORDER BY seq")).toEqual([
      1_048_576, 400,
    ]);
  });
});
