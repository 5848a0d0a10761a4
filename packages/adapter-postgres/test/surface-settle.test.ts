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

const stateOf = (id: string) => surface.value("SELECT status FROM anyqueue.jobs WHERE id = $1", [id]);

describe("complete", () => {
  it("ends a job once, with its result", async () => {
    const { id, token } = await claimed();
    const complete = "SELECT * FROM anyqueue.complete($1, $2, $3)";
    expect(await surface.row(complete, [id, token, '{"bytes": null}'])).toEqual({
      status: "ok",
      state: "completed",
      cancel_requested: false,
    });
    expect(await surface.row(complete, [id, token, "2"])).toMatchObject({ status: "stale", state: "completed" });
    expect(await surface.value("SELECT result FROM anyqueue.jobs")).toEqual({ bytes: null });
  });

  it("tells a result that is null from none", async () => {
    const queue = await surface.queue();
    for (const result of ["", ", NULL", ", 'null'"]) {
      const { id, token } = await claimed();
      await surface.rows(`SELECT anyqueue.complete($1, $2${result})`, [id, token]);
      expect((await queue.get(id))?.result).toBe(result === ", 'null'" ? null : undefined);
    }
  });

  it("P12, P13 answers stale for any other token, and missing for no such job", async () => {
    const { id, token } = await claimed();
    const complete = (which: string, by: number) =>
      surface.row("SELECT status, state FROM anyqueue.complete($1, $2)", [which, by]);
    expect(await complete(id, token + 1)).toEqual({ status: "stale", state: "active" });
    expect(await complete("default:none", token)).toEqual({ status: "missing", state: null });
    await surface.endLeases();
    expect(await complete(id, token)).toEqual({ status: "stale", state: "active" });
  });

  it("P5 takes part in the caller's transaction", async () => {
    const { id, token } = await claimed();
    await surface.rows("BEGIN");
    expect(await surface.value("SELECT status FROM anyqueue.complete($1, $2)", [id, token])).toBe("ok");
    await surface.rows("ROLLBACK");
    expect(await stateOf(id)).toBe("active");
  });

  it("refuses a call without a token, which nothing would fence, and too large a result", async () => {
    const { id, token } = await claimed();
    for (const verb of ["complete", "fail", "extend"]) {
      await expect(surface.rows(`SELECT anyqueue.${verb}($1, NULL)`, [id])).rejects.toMatchObject(
        refusal(/"token" is missing/),
      );
    }
    const large = JSON.stringify("x".repeat(1_048_576));
    await expect(surface.rows("SELECT anyqueue.complete($1, $2, $3)", [id, token, large])).rejects.toMatchObject(
      refusal(/"result" has 1048578 bytes/),
    );
    expect(await stateOf(id)).toBe("active");
  });
});

describe("fail", () => {
  it("P16 records the error and lets the job wait for its backoff", async () => {
    const { id, token } = await claimed(`, backoff => '{"type": "fixed", "delay": "1 min"}'`);
    expect(
      await surface.row("SELECT * FROM anyqueue.fail($1, $2, 'boom', code => 'E7', stack => 'at x')", [id, token]),
    ).toEqual({ status: "ok", state: "waiting", cancel_requested: false });
    expect(
      await surface.row(
        `SELECT status, attempt, error - 'at' AS error, to_timestamp((error ->> 'at')::bigint / 1000.0) + '1 min' = run_at AS waits
         FROM anyqueue.jobs`,
      ),
    ).toEqual({
      status: "delayed",
      attempt: 1,
      waits: true,
      error: { message: "boom", code: "E7", stack: "at x", attempt: 1 },
    });
    const queue = await surface.queue();
    const { items } = await queue.eventPage({ id, limit: 10 });
    expect(items).toMatchObject([{ kind: "failed", error: { message: "boom", attempt: 1 } }]);
  });

  it("tries again after what `retry_in` says, until the attempts are used up", async () => {
    const { id, token } = await claimed(", max_attempts => 2");
    const fail = "SELECT state FROM anyqueue.fail($1, $2, retry_in => '0 s')";
    expect(await surface.value(fail, [id, token])).toBe("waiting");
    const again = await surface.row("SELECT id, token, attempt, error FROM anyqueue.claim()");
    expect(again).toMatchObject({ id, attempt: 2, error: { message: "No reason was given.", attempt: 1 } });
    expect(await surface.value(fail, [id, again["token"]])).toBe("failed");
    expect(await surface.value("SELECT status FROM anyqueue.fail($1, $2)", [id, again["token"]])).toBe("stale");
  });

  it("does not try again what is final", async () => {
    const { id, token } = await claimed();
    expect(await surface.value("SELECT state FROM anyqueue.fail($1, $2, 'no', final => true)", [id, token])).toBe(
      "failed",
    );
    expect(await surface.value("SELECT count(*) FROM anyqueue.failed WHERE error ->> 'message' = 'no'")).toBe(1);
  });

  it("P21 cancels a job that was asked to stop", async () => {
    const { id, token } = await claimed();
    await surface.rows("SELECT anyqueue.cancel($1)", [id]);
    expect(await surface.row("SELECT * FROM anyqueue.fail($1, $2, 'stopped')", [id, token])).toEqual({
      status: "ok",
      state: "cancelled",
      cancel_requested: true,
    });
  });

  it("cuts what is too long", async () => {
    const { id, token } = await claimed();
    const long = "x".repeat(9000);
    await surface.rows("SELECT anyqueue.fail($1, $2, $3, code => $3, stack => $3)", [id, token, long]);
    const error = (await surface.value("SELECT error FROM anyqueue.jobs")) as Record<string, string>;
    expect([error["message"]?.length, error["code"]?.length, error["stack"]?.length]).toEqual([4000, 100, 8000]);
    expect(error["message"]?.at(-1)).toBe("…");
  });
});

describe("extend", () => {
  it("prolongs a living lease, and tells when the job was asked to stop", async () => {
    const { id, token } = await claimed();
    const extend = "SELECT * FROM anyqueue.extend($1, $2, '1 hour')";
    expect(await surface.row(extend, [id, token])).toEqual({ status: "ok", state: "active", cancel_requested: false });
    expect(await surface.value("SELECT lease_until - clock_timestamp() > '59 min' FROM anyqueue.running")).toBe(true);
    await surface.rows("SELECT anyqueue.cancel($1)", [id]);
    expect(await surface.row(extend, [id, token])).toMatchObject({ status: "ok", cancel_requested: true });
    await surface.endLeases();
    expect(await surface.row(extend, [id, token])).toMatchObject({ status: "stale" });
  });
});

describe("cancel", () => {
  it("P21 cancels at once what nobody holds, asks who holds it, and leaves what has ended", async () => {
    const { id, token } = await claimed();
    const cancel = "SELECT * FROM anyqueue.cancel($1)";
    expect(await surface.row(cancel, [id])).toEqual({ status: "ok", state: "active", cancel_requested: true });
    expect(await surface.value("SELECT state FROM anyqueue.complete($1, $2)", [id, token])).toBe("completed");
    expect(await surface.row(cancel, [id])).toMatchObject({ status: "conflict", state: "completed" });
    const free = await surface.value("SELECT anyqueue.enqueue('t')");
    expect(await surface.row(cancel, [free])).toEqual({ status: "ok", state: "cancelled", cancel_requested: false });
    expect(await surface.row(cancel, ["default:none"])).toMatchObject({ status: "missing", state: null });
  });

  it("P21 does it for all jobs of a group, and tells how many", async () => {
    await surface.rows(`SELECT count(anyqueue.enqueue('t', "group" => 'g')) FROM generate_series(1, 1100)`);
    await surface.rows(`SELECT anyqueue.enqueue('t', "group" => 'h'), anyqueue.enqueue('t')`);
    await surface.rows(`SELECT c.* FROM anyqueue.claim() j, LATERAL anyqueue.complete(j.id, j.token) c`);
    await surface.rows("SELECT * FROM anyqueue.claim(n => 3)");
    const cancel = "SELECT * FROM anyqueue.cancel_group('g')";
    expect(await surface.row(cancel)).toEqual({ cancelled: 1096, requested: 3 });
    expect(await surface.row(cancel)).toEqual({ cancelled: 0, requested: 3 });
    expect(await surface.value("SELECT count(*) FROM anyqueue.jobs WHERE state = 'waiting'")).toBe(2);
  });
});

describe("a TypeScript process that sleeps", () => {
  it("is woken by the commit of what is added, tried again or ended in SQL", async () => {
    const queue = await surface.queue();
    const begun: unknown[] = [];
    // It would look by itself after an hour.
    const worker = queue.work({ "by.typescript": ({ id }) => void begun.push(id) }, { interval: "1h" });
    await worker.idle();
    const woken = Promise.withResolvers<string>();
    await queue.subscribe((hint) => {
      if ("finished" in hint && hint.finished === "sql") woken.resolve(hint.finished);
    });
    const id = await surface.value("SELECT anyqueue.enqueue('by.typescript')");
    expect(await queue.result(String(id))).toBe(undefined);
    expect(begun).toEqual([id]);
    await surface.rows("SELECT anyqueue.enqueue('by.sql', lane => 'sql')");
    await surface.rows("SELECT c.* FROM anyqueue.claim('{sql}') j, LATERAL anyqueue.complete(j.id, j.token) c");
    expect(await woken.promise).toBe("sql");
    await worker.stop();
  });
});
