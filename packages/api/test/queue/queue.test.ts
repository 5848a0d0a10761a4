import { type AddOptions, openQueue, Queue, type Queue as AnyQueue } from "@anyqueue/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { memory } from "../support/adapters.ts";
import { errorOf, rejectionOf } from "../support/errors.ts";

let queue: AnyQueue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

describe("add", () => {
  it("brings options into the store's form", async () => {
    const before = Date.now();
    const { id } = await queue.add("mail.send", null, {
      id: "1",
      lane: "mail",
      priority: "urgent",
      delay: "5m",
      maxAttempts: 7,
      backoff: { type: "linear", delay: "2s", max: "1m", jitter: 0.5 },
      timeout: "1h",
      group: "g",
      state: "drafted",
    });

    const job = await queue.get(id);
    expect(job).toMatchObject({
      id: "mail:1",
      lane: "mail",
      state: "drafted",
      priority: 0,
      maxAttempts: 7,
      backoff: { type: "linear", delayMs: 2000, maxMs: 60_000, jitter: 0.5 },
      timeoutMs: 3_600_000,
      group: "g",
    });
    expect(job?.runAt).toBeGreaterThanOrEqual(before + 300_000);
  });

  it("takes a due time as a Date or a number, and rounds up so that nothing is early", async () => {
    const due = new Date(Date.now() + 1000);

    expect((await queue.get((await queue.add("a", 1, { runAt: due })).id))?.runAt).toBe(due.getTime());
    expect((await queue.get((await queue.add("a", 1, { runAt: 5.2 })).id))?.runAt).toBe(6);
  });

  it("P3 adds a job of the same id once, and says so", async () => {
    expect(await queue.add("a", 1, { id: "x" })).toEqual({ id: "default:x", status: "added" });
    expect(await queue.add("a", 2, { id: "x" })).toMatchObject({
      id: "default:x",
      status: "existing",
      job: { payload: 1 },
    });
  });

  it.each<[string, unknown, string]>([
    ["a misspelt option", { dely: "5m" }, "Did you mean `delay`?"],
    ["an impossible delay", { delay: "soon" }, "`delay`"],
    ["a negative delay", { delay: -1 }, "`delay`"],
    ["an invalid date", { runAt: new Date("x") }, "`runAt`"],
    ["text as a date", { runAt: "tomorrow" }, "`runAt`"],
    ["a time beyond all dates", { runAt: 1e16 }, "runAt"],
    ["a delay beside a due time", { delay: 1, runAt: 1 }, "not both"],
    ["a fractional priority", { priority: 0.5 }, "priority"],
    ["a negative priority", { priority: -1 }, "priority"],
    ["a priority of no name", { priority: "highest" }, "urgent, high, normal, low"],
    ["a misspelt option of backoff", { backoff: { type: "fixed", delay: 1, jiter: 1 } }, "jiter"],
    ["a backoff by name only", { backoff: "exponential" }, "`backoff`"],
    ["no backoff", { backoff: null }, "`backoff`"],
    ["a backoff of no type", { backoff: { type: "cubic", delay: 1 } }, "backoff.type"],
    ["no timeout at all", { timeout: 0 }, "timeoutMs"],
    ["a reserved lane", { lane: "$system" }, "reserved"],
  ])("refuses %s", async (_, options, part) => {
    const error = await rejectionOf(queue.add("a", 1, options as AddOptions));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it("P2 refuses payloads that cannot be stored, and types that are none", async () => {
    expect((await rejectionOf(queue.add("a", undefined as never))).message).toContain("`payload` is undefined");
    expect((await rejectionOf(queue.add("a", new Date() as never))).message).toContain("Date");
    expect((await rejectionOf(queue.add("", 1))).message).toContain("type");
    expect((await rejectionOf(queue.add(5 as never, 1))).message).toContain("type");
  });

  it("P2 is not touched by what becomes of the payload afterwards", async () => {
    const payload = { list: [1] };
    const added = queue.add("a", payload);
    payload.list.push(2);

    expect((await queue.get((await added).id))?.payload).toEqual({ list: [1] });
  });
});

describe("addMany", () => {
  it("P4 answers for each job by itself, in order", async () => {
    await queue.add("a", 1, { id: "x" });

    const outcomes = await queue.addMany([
      { type: "a", payload: 1, options: { id: "w" } },
      { type: "a", payload: 2, options: { id: "x" } },
    ]);

    expect(outcomes).toMatchObject([
      { status: "added", id: "default:w" },
      { status: "existing", id: "default:x" },
    ]);
  });

  it("P4 adds all or none", async () => {
    await queue.add("a", 1, { id: "x" });

    const outcomes = await queue.addMany(
      [
        { type: "a", payload: 1, options: { id: "w" } },
        { type: "a", payload: 2, options: { id: "x" } },
      ],
      { allOrNone: true },
    );

    expect(outcomes).toMatchObject([{ status: "skipped" }, { status: "existing" }]);
    expect(await queue.get("default:w")).toBeNull();
  });

  it.each<[string, unknown, unknown, string]>([
    ["no list", { type: "a", payload: 1 }, {}, "list"],
    ["nothing in the list", [null], {}, "job 0"],
    [
      "an option outside of `options`",
      [
        { type: "a", payload: 1 },
        { type: "a", payload: 1, delay: "5m" },
      ],
      {},
      "job 1: `delay` is not an option",
    ],
    ["a missing payload", [{ type: "a" }], {}, "`payload` is missing"],
    ["a misspelt option", [{ type: "a", payload: 1 }], { allOrNon: true }, "Did you mean `allOrNone`?"],
    ["an option that is no flag", [{ type: "a", payload: 1 }], { allOrNone: "yes" }, "allOrNone"],
  ])("refuses %s", async (_, jobs, options, part) => {
    const error = await rejectionOf(queue.addMany(jobs as never, options as never));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
    expect((await queue.list()).items).toEqual([]);
  });
});

describe("get, list, remove, lanes", () => {
  it("reads one or several", async () => {
    await queue.add("a", 1, { id: "x" });

    expect(await queue.get("default:x")).toMatchObject({ payload: 1 });
    expect(await queue.get("default:y")).toBeNull();
    expect(await queue.get(["default:y", "default:x"])).toMatchObject([null, { payload: 1 }]);
  });

  it("lists pages of a selection, and not AnyQueue's own jobs", async () => {
    await queue.insert([{ type: "$retention", payload: null, id: "$system:x", state: "$resting" }]);
    for (const n of [1, 2, 3]) await queue.add(n === 2 ? "b" : "a", { n }, { group: "g" });

    const first = await queue.list({ group: "g", limit: 2 });
    const second = await queue.list({ group: "g", limit: 2, after: first.after ?? "" });

    expect([...first.items, ...second.items].map(({ payload }) => payload)).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect((await queue.list({ types: ["b"] })).items).toHaveLength(1);
    expect((await queue.list({ where: { "payload.n": { gt: 1 } } })).items).toHaveLength(2);
    expect((await queue.list()).items).toHaveLength(3);
    expect((await queue.list({ lanes: ["$system"] })).items).toHaveLength(1);
    expect((await rejectionOf(queue.list({ lane: "a" } as never))).message).toContain("Did you mean `lanes`?");
  });

  it("P26 removes one, and prunes only finished jobs of the selection", async () => {
    for (const id of ["a:1", "a:2", "b:1"]) {
      await queue.add("x", 1, { id });
      await queue.cancel(id);
    }
    await queue.add("x", 1, { id: "a:3" });

    expect(await queue.prune({ olderThan: "1h" })).toBe(0);
    expect(await queue.prune({ olderThan: 0, lane: "a", states: ["completed"] })).toBe(0);
    expect(await queue.prune({ olderThan: 0, lane: "a", limit: 1 })).toBe(1);
    expect(await queue.prune({ olderThan: 0, lane: "a" })).toBe(1);
    expect(await queue.remove("a:3")).toBe(1);
    expect(await queue.remove("a:3")).toBe(0);
    expect((await queue.list()).items.map(({ id }) => id)).toEqual(["b:1"]);
  });

  it.each<[string, object, string]>([
    ["a misspelt lane, which would mean every lane", { olderThan: 0, lan: "a" }, "Did you mean `lane`?"],
    ["no age", {}, "`olderThan`"],
    ["unfinished jobs", { olderThan: 0, states: ["waiting"] }, "states"],
  ])("P26 prune refuses %s", async (_, options, part) => {
    const error = await rejectionOf(Promise.resolve().then(() => queue.prune(options as never)));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it("tells of the default lane also when it was never used, and not of AnyQueue's own", async () => {
    await queue.insert([{ type: "$retention", payload: null, id: "$system:x", state: "$resting" }]);
    await queue.add("a", 1, { lane: "zoo", delay: "1h" });

    expect(await queue.lanes()).toMatchObject([
      { lane: "default", counts: {} },
      { lane: "zoo", counts: { delayed: 1 } },
    ]);
  });
});

describe("open and closed", () => {
  it("P25 answers CLOSED after close and before open, whatever is asked", async () => {
    const closed = await openQueue("memory:");
    await closed.close();
    const unopened = new Queue(await memory());

    for (const each of [closed, unopened]) {
      expect((await rejectionOf(each.add("a", 1))).code).toBe("CLOSED");
      expect((await rejectionOf(each.receive())).code).toBe("CLOSED");
      expect((await rejectionOf(each.result("a:1"))).code).toBe("CLOSED");
      expect((await rejectionOf(each.cancel("a:1"))).code).toBe("CLOSED");
      expect((await rejectionOf(each.subscribe(() => undefined))).code).toBe("CLOSED");
      expect(errorOf(() => each.work({ a: () => 1 })).code).toBe("CLOSED");
    }
  });

  it("P25 ends those who wait", async () => {
    const waiting = Promise.allSettled([
      queue.receive({ wait: "1m" }),
      queue.result((await queue.add("a", 1, { lane: "b", delay: "1h" })).id),
    ]);
    await queue.lanes();

    await queue.close();

    expect(
      (await waiting).map((settled) => settled.status === "rejected" && (settled.reason as { code?: string }).code),
    ).toEqual(["CLOSED", "CLOSED"]);
  });

  it("is closed at the end of its block", async () => {
    let kept: AnyQueue;
    {
      await using own = await openQueue("memory:");
      kept = own;
      await own.add("a", 1);
    }

    expect((await rejectionOf(kept.add("a", 1))).code).toBe("CLOSED");
  });

  it("P24 lets one listener's trouble keep hints from nobody", async () => {
    const heard: unknown[] = [];
    await queue.subscribe(() => {
      throw new Error("listener");
    });
    const stop = await queue.subscribe((hint) => heard.push(hint));

    await queue.add("a", 1);
    await queue.lanes();
    stop();
    await queue.add("a", 1);
    await queue.lanes();

    expect(heard).toEqual([{ lane: "default" }]);
  });
});
