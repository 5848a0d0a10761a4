import { type LaneOptions, openQueue, type Queue } from "@anyqueue/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { errorOf, rejectionOf } from "../support/errors.ts";

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

describe("queue.lane", () => {
  it("P19 brings settings into the store's form, adds to them, and resets them by null", async () => {
    const lane = queue.lane("mails");
    expect(await lane.status()).toEqual({ lane: "mails", settings: {}, counts: {}, atLeast: [], oldestDueAt: null });

    await lane.configure({
      capacity: 100,
      concurrency: 5,
      rate: { limit: 10, per: "1m", burst: 3 },
      order: "fifo",
      keyConcurrency: 2,
      keep: { completed: "1d", failed: 5, cancelled: false, count: 1000 },
      history: "all",
    });
    await lane.configure({ paused: true, capacity: null, rate: { limit: 1, per: 500 }, keep: { completed: false } });

    expect((await lane.status()).settings).toEqual({
      concurrency: 5,
      rate: { limit: 1, periodMs: 500 },
      order: "fifo",
      keyConcurrency: 2,
      keep: { completed: false },
      history: "all",
      paused: true,
    });
    await lane.configure({
      concurrency: null,
      rate: null,
      order: null,
      keyConcurrency: null,
      keep: null,
      history: null,
    });
    await lane.resume();
    expect((await lane.status()).settings).toEqual({});
  });

  it("P19 pauses and resumes, and tells its jobs by state", async () => {
    const lane = queue.lane("mails");
    await lane.pause();
    await queue.addMany([1, 2].map((n) => ({ type: "a", payload: n, options: { lane: "mails" } })));
    expect(await queue.receive({ lanes: ["mails"] })).toBeNull();

    await lane.resume();

    expect(await queue.receive({ lanes: ["mails"] })).not.toBeNull();
    expect((await lane.status()).counts).toEqual({ active: 1, waiting: 1 });
  });

  it("P19 `add` to a lane that is full says what to do; addMany answers for each job", async () => {
    await queue.lane("small").configure({ capacity: 1 });
    const small = { lane: "small" };
    await queue.add("a", 1, small);

    const error = await rejectionOf(queue.add("a", 2, small));

    expect(error.code).toBe("LANE_FULL");
    expect(error.message).toContain('queue.lane("small").configure({ capacity: … })');
    expect((await rejectionOf(queue.add("a", 2, { id: "small:x" }))).message).toContain("lane small has");
    const merging = { ...small, unique: { key: "k", on: "merge" } } as const;
    expect((await rejectionOf(queue.add("a", 2, merging))).code).toBe("LANE_FULL");
    expect(await queue.addMany([{ type: "a", payload: 2, options: small }])).toEqual([{ status: "full" }]);
    await (await queue.receive({ lanes: ["small"] }))?.complete();
    expect((await queue.add("a", 2, small)).status).toBe("added");
  });

  it("P26 keeps jobs as long as they say themselves, or as their type does", async () => {
    const jobs = { kept: { keep: { completed: "1h", failed: "2h" } }, gone: { keep: { completed: false } } } as const;
    const typed = await openQueue("memory:", { jobs });

    const kept = await typed.add("kept", 1, { keep: { completed: "5m" } });
    const gone = await typed.add("gone", 1);

    expect((await typed.get(kept.id))?.keep).toEqual({ completed: 300_000, failed: 7_200_000 });
    expect((await typed.get(gone.id))?.keep).toEqual({ completed: false });
    await typed.close();
  });

  it.each<[string, unknown, string]>([
    ["a misspelt setting", { capasity: 1 }, "Did you mean `capacity`?"],
    ["nothing", null, "an object"],
    ["no capacity at all", { capacity: 0 }, "`capacity`"],
    ["a rate without a time", { rate: { limit: 1 } }, "`per` is missing"],
    ["a rate in the store's form", { rate: { limit: 1, periodMs: 1000 } }, "`periodMs` is not an option"],
    ["a rate of no time", { rate: { limit: 1, per: 0 } }, "rate.periodMs"],
    ["a rate whose time is none", { rate: { limit: 1, per: "soon" } }, "`rate.per`"],
    ["no starts", { rate: { limit: 0, per: "1s" } }, "rate.limit"],
    ["a misspelt end", { keep: { compleated: "1d" } }, "Did you mean `completed`?"],
    ["a time to keep that is none", { keep: { failed: "long" } }, "`keep.failed`"],
    ["a broken count", { keep: { count: -1 } }, "count"],
    ["an order of no name", { order: "lifo" }, '"priority" or "fifo"'],
  ])("P19 refuses %s", async (_, options, part) => {
    const error = await rejectionOf(queue.lane("mails").configure(options as LaneOptions));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it.each(["a b", "", "$system", 5])("refuses the name %s", (name) => {
    expect(errorOf(() => queue.lane(name as string)).code).toBe("INVALID");
  });
});

describe("ordering keys", () => {
  it("P18 run jobs of one key one at a time, in the order in which they were added", async () => {
    const jobs = { step: { orderingKey: (payload: { user: string }) => payload.user } } as const;
    const typed = await openQueue("memory:", { jobs });
    const running = new Map<string, number>();
    const seen: string[] = [];
    const worker = typed.work({
      step: async (job) => {
        const { user, n } = job.payload as { user: string; n: number };
        running.set(user, (running.get(user) ?? 0) + 1);
        expect(running.get(user)).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        running.set(user, 0);
        seen.push(`${user}${n}`);
      },
    });

    await typed.addMany(
      [1, 2, 3].flatMap((n) => ["a", "b"].map((user) => ({ type: "step" as const, payload: { user, n } }))),
    );
    await worker.idle();

    for (const user of ["a", "b"])
      expect(seen.filter((step) => step.startsWith(user))).toEqual([1, 2, 3].map((n) => user + n));
    await typed.close();
  });

  it("P18 come from the payload, from the definition, or from `add`, which has the last word", async () => {
    const jobs = {
      from: { orderingKey: (payload: { user?: string }) => payload.user },
      fixed: { orderingKey: "one" },
    } as const;
    const typed = await openQueue("memory:", { jobs });
    await typed.add("from", { user: "ada" });
    await typed.add("from", {});
    await typed.add("from", { user: "ada" }, { orderingKey: "own" });
    await typed.add("fixed", 1);

    expect((await typed.list()).items.map(({ orderingKey }) => orderingKey)).toEqual(["ada", undefined, "own", "one"]);
    await typed.close();
  });

  it("P18 are refused where they are none, and a definition's trouble is told", async () => {
    const throwing = (): never => {
      throw new Error("slip");
    };
    const typed = await openQueue("memory:", { jobs: { bad: { orderingKey: throwing } } });

    expect((await rejectionOf(typed.add("bad", 1))).message).toContain(
      "the `orderingKey` of its definition threw: slip",
    );
    expect((await rejectionOf(queue.add("a", 1, { orderingKey: "$fifo" }))).code).toBe("INVALID");
    expect((await rejectionOf(queue.add("a", 1, { orderingKey: 5 as never }))).message).toContain("orderingKey");
    const defined = openQueue("memory:", { jobs: { bad: { orderingKey: 5 as never } } });
    expect((await rejectionOf(defined)).message).toContain("orderingKey");
    await typed.close();
  });
});
