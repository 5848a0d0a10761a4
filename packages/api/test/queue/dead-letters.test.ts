import { type Adapter, openQueue, type Queue, UnrecoverableError } from "@anyqueue/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejectionOf } from "../support/errors.ts";
import { openOn } from "../support/queues.ts";

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

/** Adds jobs that have failed. */
async function fail(ids: readonly string[], options: object = {}, on: Queue = queue): Promise<void> {
  await on.addMany(ids.map((id, n) => ({ type: "a", payload: n, options: { id, ...options } })));
  const whole = ids.map((id) => (id.includes(":") ? id : `default:${id}`));
  await on.cas(whole.map((id) => ({ id, expect: { version: 1 }, set: { state: "failed" } })));
}

async function idsOf(lane: string, on: Queue = queue): Promise<string[]> {
  return (await on.list({ lanes: [lane] })).items.map(({ id }) => id);
}

describe("attempts", () => {
  it("P16 tells every failed attempt's error, also of earlier rounds and beyond a page", async () => {
    const { id } = await queue.add("a", 1, { maxAttempts: 2, backoff: { type: "fixed", delay: 0 } });
    const worker = queue.work({
      a: (job) => {
        throw Object.assign(new Error(`no ${job.attempt}`), { code: "E_NO" });
      },
    });
    await rejectionOf(queue.result(id));
    await queue.retry(id);
    await rejectionOf(queue.result(id));
    await worker.stop();

    const attempts = await queue.attempts(id);

    expect(attempts.map(({ message, code, attempt }) => [message, code, attempt])).toEqual([
      ["no 1", "E_NO", 1],
      ["no 2", "E_NO", 2],
      ["no 1", "E_NO", 1],
      ["no 2", "E_NO", 2],
    ]);
    expect(attempts[0]?.stack).toContain("dead-letters.test.ts");
    const error = { message: "x", attempt: 1, at: 0 };
    for (let n = 0; n < 1100; n++) await queue.cas([{ id, expect: { state: "failed" }, set: { error } }]);
    expect(await queue.attempts(id)).toHaveLength(1104);
  });

  it("P16 is empty for a job that has not failed, and knows a job that is not there", async () => {
    const { id } = await queue.add("a", 1);

    expect(await queue.attempts(id)).toEqual([]);
    expect((await rejectionOf(queue.attempts("default:none"))).code).toBe("MISSING");
  });
});

describe("retry of many", () => {
  it("P14 tells how many it would be, and does nothing", async () => {
    await fail(Array.from({ length: 1500 }, (_, n) => `${n}`));
    await queue.add("a", 1);

    expect(await queue.retry({ types: ["a"] }, { preview: true })).toBe(1500);
    expect((await queue.lane("default").status()).counts).toEqual({ failed: 1500, waiting: 1 });
  });

  it("P14 spreads them over time, the first at once, in their order", async () => {
    await fail(["1", "2", "3", "4", "5"]);
    const before = Date.now();

    expect(await queue.retry({ types: ["a"] }, { rate: { limit: 2, per: "1m" } })).toBe(5);

    const due = (await queue.list()).items.map(({ runAt }) => Math.round((runAt - before) / 1000));
    expect(due).toEqual([0, 30, 60, 90, 120]);
  });

  it.each<[string, string | object, unknown, string]>([
    ["a misspelt option", {}, { previw: true }, "Did you mean `preview`?"],
    ["nothing, which would be every failed job", {}, {}, "Say which jobs"],
    ["a variable that is not set", { group: undefined }, {}, "Say which jobs"],
    ["a rate without a time", { types: ["a"] }, { rate: { limit: 1 } }, "`per` is missing"],
    ["a rate of no jobs", { types: ["a"] }, { rate: { limit: 0, per: "1s" } }, "`limit`"],
    ["a rate of no time", { types: ["a"] }, { rate: { limit: 1, per: 0 } }, "`per`"],
    ["a preview of one job", "default:1", { preview: true }, "goes with a selection"],
    ["a rate of one job", "default:1", { rate: { limit: 1, per: "1s" } }, "goes with a selection"],
  ])("refuses %s", async (_, what, options, part) => {
    const error = await rejectionOf(queue.retry(what as string, options as never));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });
});

describe("move", () => {
  it("puts a job into another lane as a new one that waits, with all that it came with", async () => {
    await queue.lane("fifo").configure({ order: "fifo" });
    const options = {
      lane: "fifo",
      priority: "high",
      maxAttempts: 7,
      group: "g",
      timeout: "1m",
      unique: { key: "k" },
      keep: { failed: "1h" },
      backoff: { type: "linear", delay: 5 },
    } as const;
    const parent = await queue.add("parent", 1, { lane: "x" });
    await queue.cas([{ id: parent.id, expect: { version: 1 }, set: { state: "completed" } }]);
    await fail(["fifo:1"], { ...options, dependsOn: [parent.id] });
    await queue.cas([{ id: "fifo:1", expect: { version: 2 }, set: { progress: { step: 3 } } }]);

    expect(await queue.move("fifo:1", { lane: "slow" })).toBe("moved");

    expect(await queue.get("fifo:1")).toBeNull();
    const moved = await queue.get("slow:1");
    expect(moved).toMatchObject({
      lane: "slow",
      state: "waiting",
      attempt: 0,
      priority: 256,
      maxAttempts: 7,
      group: "g",
      timeoutMs: 60_000,
      unique: { key: "a:k", until: "finished" },
      keep: { failed: 3_600_000 },
      backoff: { type: "linear", delayMs: 5 },
      progress: { step: 3 },
      payload: 0,
    });
    expect(moved).not.toHaveProperty("orderingKey");
    expect(moved).not.toHaveProperty("dependsOn");
    expect(moved).not.toHaveProperty("error");
  });

  it("leaves what has not ended, or is not there, and says so", async () => {
    await queue.add("a", 1, { id: "1" });

    expect(await queue.move("default:1", { lane: "slow" })).toBe("unfinished");
    expect(await queue.move("default:2", { lane: "slow" })).toBe("missing");
  });

  it("leaves a job whose id or unique key is there already, as it was", async () => {
    await fail(["1", "2"], {});
    await queue.add("other", 1, { id: "slow:1" });
    await fail(["u"], { unique: { key: "k" } });
    await queue.cas([{ id: "default:u", expect: { version: 2 }, set: { progress: "half" } }]);
    await queue.add("a", 1, { lane: "slow", unique: { key: "k" } });

    expect(await queue.move("default:1", { lane: "slow" })).toBe("duplicate");
    expect(await queue.move("default:u", { lane: "slow" })).toBe("duplicate");
    expect(await queue.move({ lanes: ["default"] }, { lane: "slow" })).toBe(1);
    expect(await queue.get("default:u")).toMatchObject({ state: "failed", progress: "half" });
    expect(await idsOf("default")).toEqual(["default:1", "default:u"]);
  });

  it("moves the failed ones of a selection, over many pages, and those of other ends when they are named", async () => {
    const many = Array.from({ length: 2100 }, (_, n) => `m:${n}`);
    await fail(many, { group: "g" });
    await queue.add("a", 1, { id: "m:c" });
    await queue.cancel("m:c");
    await queue.add("a", 1, { id: "m:w" });
    await fail(["slow:x"]);

    expect(await queue.move({ types: ["a"] }, { lane: "slow", preview: true })).toBe(2100);
    expect(await idsOf("m")).not.toEqual([]);
    expect(await queue.move({ types: ["a"] }, { lane: "slow", rate: { limit: 1, per: "1s" } })).toBe(2100);
    expect(await queue.move({ lanes: ["m", "slow"], states: ["cancelled"] }, { lane: "slow" })).toBe(1);
    expect(await idsOf("m")).toEqual(["m:w"]);
    const { counts } = await queue.lane("slow").status();
    expect(counts).toMatchObject({ failed: 1 });
    expect((counts["waiting"] ?? 0) + (counts["delayed"] ?? 0)).toBe(2101);
    const last = await queue.get("slow:2099");
    expect((last?.runAt ?? 0) - (last?.insertedAt ?? 0)).toBe(2_099_000);
  });

  it.each([
    ["before the old one is removed", {}],
    ["and the new one has run and is gone", { keep: { completed: false } }],
  ])("neither loses a job nor runs it twice when it is called again after a crash %s", async (_, options) => {
    let crashing = true;
    const verbs = (adapter: Adapter): Partial<Adapter> => ({
      remove: (query) => (crashing ? Promise.reject(new Error("crash")) : adapter.remove(query)),
    });
    const flaky = await openOn(verbs);
    await fail(["1", "2"], options, flaky);
    expect((await rejectionOf(flaky.move({ types: ["a"] }, { lane: "slow" }))).code).toBe("UNAVAILABLE");
    crashing = false;
    const runs: string[] = [];
    const worker = flaky.work({ a: (job) => void runs.push(job.id) }, { lanes: ["slow"] });
    await worker.idle();

    expect(await flaky.move({ types: ["a"] }, { lane: "slow" })).toBe(2);
    await worker.idle();

    expect(runs).toEqual(["slow:1", "slow:2"]);
    expect(await idsOf("default", flaky)).toEqual([]);
  });

  it("P13a moves a job that was opened again since a move of it was cut short", async () => {
    let crashing = true;
    const flaky = await openOn((adapter) => ({
      remove: (query) => (crashing ? Promise.reject(new Error("crash")) : adapter.remove(query)),
    }));
    await flaky.add("a", "work", { id: "1" });
    await flaky.cas([{ id: "default:1", expect: { version: 1 }, set: { state: "failed" } }]);
    await rejectionOf(flaky.move("default:1", { lane: "dead" }));
    crashing = false;
    await flaky.remove("dead:1");

    expect(await flaky.retry("default:1")).toBe("duplicate");
    expect(await flaky.retry({ types: ["a"] })).toBe(0);
    expect(await flaky.move("default:1", { lane: "other" })).toBe("duplicate");
    await flaky.cas([{ id: "default:1", expect: { state: "failed" }, set: { state: "waiting" } }]);
    const receipt = await flaky.receive();
    await receipt?.fail(new UnrecoverableError("again"));

    expect(await flaky.move("default:1", { lane: "dead" })).toBe("moved");
    const moved = await flaky.get("dead:1");
    expect(moved).toMatchObject({ state: "waiting", payload: "work" });
    expect(moved).not.toHaveProperty("progress");
    expect(await flaky.get("default:1")).toBeNull();
  });

  it("moves what a cas that was lost on the way did not move", async () => {
    let failures = 1;
    const flaky = await openOn((adapter) => ({
      cas: (changes, at) => (failures-- > 0 ? Promise.reject(new Error("lost")) : adapter.cas(changes, at)),
    }));
    failures = 0;
    await fail(["1"], {}, flaky);
    failures = 1;
    await rejectionOf(flaky.move("default:1", { lane: "slow" }));

    expect(await flaky.move("default:1", { lane: "slow" })).toBe("moved");
    expect(await idsOf("slow", flaky)).toEqual(["slow:1"]);
  });

  it.each<[string, unknown, unknown, string]>([
    ["no lane", { types: ["a"] }, {}, "`lane`"],
    ["nothing, which would be every failed job", { group: undefined }, { lane: "b" }, "Say which jobs"],
    ["no options", { types: ["a"] }, undefined, "an object"],
    ["a lane that cannot be", { types: ["a"] }, { lane: "a b" }, "`lane`"],
    ["a reserved lane", { types: ["a"] }, { lane: "$system" }, "reserved"],
    ["the lane in which it is", "default:1", { lane: "default" }, "already"],
    ["unfinished jobs", { states: ["waiting"] }, { lane: "b" }, "can be moved"],
    ["a misspelt option", { types: ["a"] }, { lane: "b", rat: 1 }, "Did you mean `rate`?"],
  ])("refuses %s", async (_, what, options, part) => {
    await fail(["1"]);

    const error = await rejectionOf(queue.move(what as string, options as { lane: string }));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });
});
