import {
  type Added,
  type CallReport,
  defineJobs,
  type Job,
  type Json,
  openQueue,
  type Queue,
  type Receipt,
} from "@anyqueue/api";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { rejectionOf } from "../support/errors.ts";
import { openOn } from "../support/queues.ts";

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

const lease = { ms: 60_000, holder: "me" };
const merging = { unique: { key: "k", on: "merge" } } as const;

async function payloads(of: Queue = queue): Promise<Json[]> {
  return (await of.list()).items.map(({ payload }) => payload);
}

describe("a unique job", () => {
  it("P17 is there once: type and payload tell it, whatever the order of keys", async () => {
    const first = await queue.add("a", { x: 1, y: [2] }, { unique: true });

    const again = await queue.add("a", { y: [2], x: 1 }, { unique: true });
    expect(again).toMatchObject({ id: first.id, status: "existing", by: "unique", job: { payload: { x: 1 } } });
    expect((await queue.add("a", { x: 2, y: [2] }, { unique: true })).status).toBe("added");
    expect((await queue.add("b", { x: 1, y: [2] }, { unique: true })).status).toBe("added");
    expect((await queue.add("a", { x: 1, y: [2] }, { unique: true, lane: "other" })).status).toBe("added");
  });

  it("P17 can be told by a key, or by fields of its payload", async () => {
    const byUser = { unique: { fields: ["user.id", "kind"] } };
    await queue.add("a", { user: { id: 1 }, kind: "x", at: 1 }, byUser);
    await queue.add("b", 1, { unique: { key: "k" } });

    expect((await queue.add("a", { kind: "x", user: { id: 1, name: "Ada" } }, byUser)).status).toBe("existing");
    expect((await queue.add("a", { kind: "y", user: { id: 1 } }, byUser)).status).toBe("added");
    expect((await queue.add("a", { user: { id: 1 } }, byUser)).status).toBe("added");
    expect((await queue.add("b", 2, { unique: { key: "k" } })).status).toBe("existing");
    expect((await queue.add("b", 2, { unique: { key: "j" } })).status).toBe("added");
  });

  it("P17 can be added again when it has finished, or was removed", async () => {
    const { id } = await queue.add("a", 1, { unique: true });
    await queue.receive();
    expect((await queue.add("a", 1, { unique: true })).status).toBe("existing");
    await queue.cas([{ id, expect: { state: "active" }, set: { state: "completed" } }]);

    const second = await queue.add("a", 1, { unique: true });
    expect(second.status).toBe("added");
    await queue.remove(second.id);
    expect((await queue.add("a", 1, { unique: true })).status).toBe("added");
  });

  it("P17 can be added again once it was started, or after a time", async () => {
    const untilStarted = { unique: { key: "s", until: "started" } } as const;
    await queue.add("a", 1, untilStarted);
    expect((await queue.add("a", 2, untilStarted)).status).toBe("existing");
    await queue.receive();
    expect((await queue.add("a", 2, untilStarted)).status).toBe("added");

    await queue.add("b", 1, { unique: { key: "w", until: { window: "10m" } } });
    const { items } = await queue.list({ types: ["b"] });
    expect(items).toMatchObject([{ unique: { key: "b:w", until: { windowMs: 600_000 } } }]);
  });

  it("P17 can be what a type says, and `add` has the last word about each part of it", async () => {
    const jobs = defineJobs({
      sync: { unique: { fields: ["user"], until: "started", on: "replace" } },
      plain: { unique: true },
    });
    const typed = await openQueue("memory:", { jobs });
    await typed.add("sync", { user: 1, n: 1 });
    await typed.add("plain", 1);

    expect((await typed.add("sync", { user: 1, n: 2 })).status).toBe("replaced");
    expect((await typed.add("sync", { user: 1, n: 3 }, { unique: { on: "keep" } })).status).toBe("existing");
    expect((await typed.add("sync", { user: 1, n: 3 }, { unique: true })).status).toBe("replaced");
    expect((await typed.add("sync", { user: 1, n: 4 }, { unique: { key: "k" } })).status).toBe("added");
    expect((await typed.add("sync", { user: 1, n: 5 }, { unique: false })).status).toBe("added");
    expect((await typed.add("plain", 1)).status).toBe("existing");
    expect((await typed.list()).items[0]).toMatchObject({ unique: { until: "started" }, payload: { n: 3 } });
    await typed.close();
  });

  it("P3 is found by its id before its key", async () => {
    await queue.add("a", 1, { id: "x", ...merging });

    expect(await queue.add("a", 2, { id: "x", ...merging })).toMatchObject({ status: "existing", by: "id" });
    expect(await payloads()).toEqual([1]);
  });

  it("P17 P12 keeps a retry from bringing back one that another took the place of", async () => {
    const { id } = await queue.add("a", 1, { unique: true });
    await queue.cancel(id);
    await queue.add("a", 1, { unique: true });

    expect(await queue.retry(id)).toBe("duplicate");
    expect(await queue.retry({ states: ["cancelled"] })).toBe(0);
  });
});

describe("a unique job that goes back while another one has its key", () => {
  const untilStarted = { unique: { key: "s", until: "started" }, backoff: { type: "fixed", delay: 0 } } as const;

  it("P17 is tried again beside it, when its attempt failed", async () => {
    const ran: unknown[] = [];
    await queue.add("a", 1, untilStarted);
    const worker = queue.work({
      a: async (job) => {
        ran.push(job.payload);
        if (ran.length > 1) return;
        await queue.add("a", 2, untilStarted);
        throw new Error("once");
      },
    });
    await worker.idle();

    expect(ran.map(Number).toSorted((a, b) => a - b)).toEqual([1, 1, 2]);
    expect((await queue.list({ types: ["a"] })).items.map(({ state }) => state)).toEqual(["completed", "completed"]);
  });

  it("P17 waits beside it without its key, however it was given back by hand", async () => {
    for (const [lane, giveUp] of [
      ["failing", (held: Receipt) => held.fail("no")],
      ["released", (held: Receipt) => held.release()],
      ["requeued", (held: Receipt) => held.requeue("1s")],
    ] as const) {
      const { id } = await queue.add("a", 1, { ...untilStarted, lane });
      const held = await queue.receive({ lanes: [lane] });
      const next = await queue.add("a", 2, { ...untilStarted, lane });

      expect(await (held && giveUp(held))).toMatchObject({ status: "ok" });
      const [back, other] = await queue.get([id, next.id]);
      expect([back?.state, back?.unique]).toEqual(["waiting", undefined]);
      expect(other).toMatchObject({ state: "waiting", unique: { until: "started" } });
    }
  });

  it("P17 loses nothing of what was merged when a worker stops", async () => {
    const batch = { unique: { key: "b", until: "started", on: "merge" } } as const;
    await queue.add("a", { ids: [1, 2] }, batch);
    const held = await queue.receive();
    await queue.add("a", { ids: [3] }, batch);
    await held?.release();

    const ids: number[] = [];
    const worker = queue.work({ a: (job) => void ids.push(...(job.payload as { ids: number[] }).ids) });
    await worker.idle();
    expect(ids.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });
});

describe("unique.on", () => {
  it("P17 `replace` takes the new payload, and priority and due time where they are given", async () => {
    const options = { unique: { key: "k", on: "replace" }, delay: "1h", priority: "low" } as const;
    const { id } = await queue.add("a", 1, options);
    const before = await queue.get(id);

    expect(await queue.add("a", 2, { unique: options.unique })).toEqual({ id, status: "replaced" });
    expect(await queue.get(id)).toMatchObject({ payload: 2, priority: 1024, runAt: before?.runAt });
    await queue.add("a", 3, { ...options, delay: "2h", priority: 7 });
    expect(await queue.get(id)).toMatchObject({ payload: 3, priority: 7 });
    expect((await queue.get(id))?.runAt).toBeGreaterThan((before?.runAt ?? 0) + 3_500_000);
    await queue.add("a", 4, { unique: options.unique, runAt: 5 });
    expect(await queue.get(id)).toMatchObject({ payload: 4, runAt: 5 });
  });

  it("P17 `replace` leaves a priority that only the type's definition names", async () => {
    const jobs = defineJobs({ a: { priority: "low", unique: { key: "k", on: "replace" } } });
    const typed = await openQueue("memory:", { jobs });
    const { id } = await typed.add("a", 1, { priority: "urgent" });

    expect((await typed.add("a", 2)).status).toBe("replaced");
    expect(await typed.get(id)).toMatchObject({ payload: 2, priority: 0 });
    await typed.add("a", 3, { priority: "high" });
    expect(await typed.get(id)).toMatchObject({ payload: 3, priority: 256 });
    await typed.close();
  });

  it("P17 `merge` makes one payload of both, by itself or by a function of the user's", async () => {
    const sum = { unique: { key: "sum", on: "merge", merge: (a: number, b: number) => a + b } } as const;
    await queue.add("a", { ids: [1], at: 1 }, merging);
    await queue.add("sum", 1, sum);

    expect((await queue.add("a", { ids: [2], at: 2 }, merging)).status).toBe("merged");
    expect((await queue.add("sum", 41, sum)).status).toBe("merged");
    expect(await payloads()).toEqual([{ ids: [1, 2], at: 2 }, 42]);
  });

  it("P17 leaves alone a job that is being worked on, or that a window outlives", async () => {
    const { id } = await queue.add("a", [1], merging);
    await queue.poll({ limit: 1, lease });

    expect(await queue.add("a", [2], merging)).toMatchObject({ id, status: "existing", job: { state: "active" } });
    const window = { unique: { key: "w", until: { window: "1h" }, on: "replace" } } as const;
    const done = await queue.add("b", 1, window);
    await queue.cancel(done.id);
    expect(await queue.add("b", 2, window)).toMatchObject({ status: "existing", job: { state: "cancelled" } });
    expect(await payloads()).toEqual([[1], 1]);
  });

  it("P17 changes a blocked job, and one that waits for another attempt", async () => {
    const { id } = await queue.add("first", 1, { lane: "other" });
    await queue.add("a", [1], { ...merging, dependsOn: [id] });
    await queue.add("b", [1], { unique: { key: "b", on: "merge" } });
    const held = await queue.receive();
    await held?.fail("again");

    await queue.add("a", [2], merging);
    await queue.add("b", [2], { unique: { key: "b", on: "merge" } });

    expect((await queue.list({ types: ["a", "b"] })).items.map(({ state, payload }) => [state, payload])).toEqual([
      ["blocked", [1, 2]],
      ["waiting", [1, 2]],
    ]);
  });

  it("P12 looks again when the job was changed or has gone between", async () => {
    const disturbances: ((id: string) => Promise<unknown>)[] = [];
    const busy = await openOn((adapter) => ({
      cas: async (changes, at) => {
        const [{ id } = { id: "" }] = changes;
        await disturbances.shift()?.(id);
        return adapter.cas(changes, at);
      },
    }));
    const { id } = await busy.add("a", [1], merging);
    disturbances.push((holder) => busy.poll({ ids: [holder], to: "waiting", limit: 1 }));
    expect(await busy.add("a", [2], merging)).toEqual({ id, status: "merged" });
    disturbances.push((holder) => busy.remove(holder));
    const anew = await busy.add("a", [3], merging);
    expect(anew.status).toBe("added");
    disturbances.push((holder) => busy.poll({ ids: [holder], limit: 1, lease }));
    expect((await busy.add("a", [4], merging)).status).toBe("existing");
    expect(await payloads(busy)).toEqual([[3]]);
  });

  it("P17 makes one change of the adds that are in flight together", async () => {
    const calls: string[] = [];
    const observe = ({ verb }: CallReport): void => void calls.push(verb);
    const watched = await openOn(undefined, { observe });

    const outcomes = await Promise.all(Array.from({ length: 500 }, (_, n) => watched.add("a", [n], merging)));

    expect(outcomes.filter(({ status }) => status === "added")).toHaveLength(1);
    expect(outcomes.filter(({ status }) => status === "merged")).toHaveLength(499);
    expect(await payloads(watched)).toEqual([Array.from({ length: 500 }, (_, n) => n)]);
    expect(calls.filter((verb) => verb === "insert").length).toBeLessThan(10);
  });

  it("P17 loses nothing that was merged, while workers take the jobs away", async () => {
    const batching = { unique: { key: "k", until: "started", on: "merge" } } as const;
    const seen: number[] = [];
    const worker = queue.work({ a: (job) => void seen.push(...(job.payload as number[])) }, { concurrency: 4 });

    for (let n = 0; n < 300; n += 3) {
      await Promise.all([n, n + 1, n + 2].map((item) => queue.add("a", [item], batching)));
    }
    await worker.idle();

    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, n) => n));
  });
});

describe("unique jobs in addMany", () => {
  it("P17 meet each other and what is stored, and each has its outcome", async () => {
    const stored = await queue.add("a", [0], merging);

    const outcomes = await queue.addMany([
      { type: "a", payload: [1], options: merging },
      { type: "plain", payload: 1 },
      { type: "b", payload: [1], options: merging },
      { type: "a", payload: [2], options: { unique: { key: "k" } } },
      { type: "b", payload: [2], options: merging },
      { type: "b", payload: [9], options: { unique: { key: "k", on: "replace" } } },
      { type: "b", payload: [3], options: merging },
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual([
      "merged",
      "added",
      "added",
      "existing",
      "merged",
      "replaced",
      "merged",
    ]);
    expect(outcomes[0]).toEqual({ status: "merged", id: stored.id });
    expect(await payloads()).toEqual([[0, 1], 1, [9, 3]]);
  });

  it("P17 takes two calls to the store, however many meet the same job", async () => {
    let calls = 0;
    const watched = await openOn(undefined, { observe: () => void calls++ });
    await watched.add("a", [0], merging);
    calls = 0;

    await watched.addMany(Array.from({ length: 5000 }, (_, n) => ({ type: "a", payload: [n], options: merging })));

    expect(calls).toBe(2);
    expect((await payloads(watched))[0]).toHaveLength(5001);
  });

  it("P4 are refused with `allOrNone` when they would change others", async () => {
    const requests = [
      { type: "a", payload: 1 },
      { type: "a", payload: 1, options: merging },
    ];

    const error = await rejectionOf(queue.addMany(requests, { allOrNone: true }));

    expect(error.message).toContain(
      'job 1: with `allOrNone` nothing that exists is changed, so its `unique.on` cannot be "merge"',
    );
    expect(await payloads()).toEqual([]);
    const kept = [1, 2].map((n) => ({ type: "a", payload: n, options: { unique: { key: "k" } } }));
    const twins = await rejectionOf(queue.addMany(kept, { allOrNone: true }));
    expect(twins).toMatchObject({ code: "INVALID" });
    expect(twins.message).toContain("job 0 and job 1 have the same unique key, a:k");
    await queue.addMany(kept.slice(1));
    expect(await queue.addMany(kept.slice(0, 1), { allOrNone: true })).toMatchObject([{ status: "existing" }]);
  });

  it("P17 merges many into one, and leaves out only those that do not fit", async () => {
    const jobs = defineJobs({
      a: { payload: Type.Array(Type.Integer(), { maxItems: 5000 }), unique: { key: "k", on: "merge" } },
    });
    const typed = await openQueue("memory:", { jobs });
    await typed.addMany(Array.from({ length: 4999 }, (_, n) => ({ type: "a", payload: [n] }) as const));

    const adding = typed.addMany([4999, 5000, 5001].map((n) => ({ type: "a", payload: [n] }) as const));

    expect((await rejectionOf(adding)).code).toBe("INVALID");
    const [job] = (await typed.list()).items;
    expect(job?.payload).toEqual(Array.from({ length: 5000 }, (_, n) => n));
    await typed.close();
  });

  it("P17 merges into large jobs, however little is added to each", async () => {
    const text = "x".repeat(900_000);
    const unique = (n: number) => ({ unique: { key: `${n}`, on: "merge" } }) as const;
    const requests = (payload: object) =>
      Array.from({ length: 20 }, (_, n) => ({ type: "a", payload, options: unique(n) }));
    for (const request of requests({ text, tags: [] })) await queue.add("a", request.payload, request.options);

    const outcomes = await queue.addMany(requests({ tags: [1] }));

    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["merged"]));
    expect(await queue.list({ where: { "payload.tags": { eq: [1] } } })).toMatchObject({ items: { length: 20 } });
  });

  it("tells what a merge threw, when all others are added", async () => {
    const failing = {
      unique: {
        key: "k",
        on: "merge" as const,
        merge: (): never => {
          throw new Error("slip");
        },
      },
    };

    const error = await rejectionOf(
      queue.addMany([
        { type: "a", payload: 1, options: merging },
        { type: "a", payload: 2, options: failing },
        { type: "b", payload: 3, options: merging },
      ]),
    );

    expect(error.message).toContain("`unique.merge` threw: slip");
    expect(await payloads()).toEqual([1, 3]);
    expect((await rejectionOf(queue.add("a", 2, failing))).code).toBe("INVALID");
  });
});

describe("unique jobs elsewhere", () => {
  it("P13a are kept when they are spawned, and nothing else: refused by name, the attempt fails", async () => {
    const holder = await queue.add("child", 1, { unique: { key: "k" }, lane: "children" });
    const { id } = await queue.add("parent", null);
    const bad = await queue.add("bad", null, { maxAttempts: 1 });
    queue.work(
      {
        parent: (_, ctx) => ctx.spawn("child", 2, { unique: { key: "k" }, lane: "children" }),
        bad: (_, ctx) => ctx.replaceWith([{ type: "child", payload: 2, options: merging }]),
      },
      { lanes: ["default"] },
    );

    await queue.result(id, { timeout: "5s" });
    expect((await queue.list({ lanes: ["children"] })).items).toMatchObject([{ id: holder.id, payload: 1 }]);
    const error = await rejectionOf(queue.result(bad.id, { timeout: "5s" }));
    expect(error.message).toContain('its `unique.on` cannot be "merge"');
  });

  it("P17 a merged payload has to fit its type", async () => {
    const jobs = defineJobs({
      batch: {
        payload: Type.Object({ ids: Type.Array(Type.Integer(), { maxItems: 2 }) }),
        unique: { key: "k", on: "merge" },
      },
    });
    const typed = await openQueue("memory:", { jobs });
    await typed.add("batch", { ids: [1] });
    await typed.add("batch", { ids: [2] });

    const error = await rejectionOf(typed.add("batch", { ids: [3] }));

    expect(error.message).toContain("Cannot merge batch jobs: `ids`");
    expect((await typed.list()).items).toMatchObject([{ payload: { ids: [1, 2] } }]);
    await typed.close();
  });

  it.each<[string, unknown, string]>([
    ["a misspelt field", { kee: "k" }, "Did you mean `key`?"],
    ["an empty key", { key: "" }, "`key`"],
    ["a key and fields", { key: "k", fields: ["a"] }, "not both"],
    ["fields that the payload does not have", { fields: ["usr"] }, "the payload has none of them"],
    ["no fields", { fields: [] }, "fields"],
    ["an end of no name", { until: "done" }, "until"],
    ["a window in the store's form", { until: { windowMs: 5 } }, "window"],
    ["a window of no time", { until: { window: 0 } }, "until.window"],
    ["a window that is no duration", { until: { window: "soon" } }, "unique.until.window"],
    ["a policy of no name", { on: "ignore" }, "`on`"],
    ["a merge without its policy", { merge: () => 1 }, 'on: "merge"'],
    ["a merge that is no function", { on: "merge", merge: 5 }, "merge"],
    ["a bare key", "k", "unique"],
  ])("is refused: %s", async (_, unique, part) => {
    const error = await rejectionOf(queue.add("a", { user: 1 }, { unique } as never));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
  });

  it("is refused in a catalogue already", async () => {
    const open = openQueue("memory:", { jobs: { a: { unique: { untl: "started" } as never } } });

    expect((await rejectionOf(open)).message).toContain("Cannot define the job type a: `unique`");
  });

  it("types what an add comes to, and what a merge is given", () => {
    const jobs = defineJobs({
      batch: { payload: Type.Object({ ids: Type.Array(Type.Integer()) }) },
      sum: {
        payload: Type.Object({ n: Type.Number() }),
        unique: { on: "merge", merge: (a: { n: number }, b: { n: number }) => ({ n: a.n + b.n }) },
        orderingKey: ({ n }: { n: number }) => `${n}`,
      },
    });
    const neverRun = async (typed: Queue<typeof jobs>): Promise<void> => {
      const added = await typed.add(
        "batch",
        { ids: [1] },
        {
          unique: {
            on: "merge",
            merge: (stored, more) => {
              expectTypeOf(stored).toEqualTypeOf<{ ids: number[] }>();
              return { ids: [...stored.ids, ...more.ids] };
            },
          },
        },
      );
      expectTypeOf(added).toEqualTypeOf<Added>();
      if (added.status === "existing") expectTypeOf(added.job).toEqualTypeOf<Job>();
      // @ts-expect-error -- there is no such policy
      await typed.add("batch", { ids: [1] }, { unique: { on: "ignore" } });
    };
    expect(neverRun).toBeTypeOf("function");
  });
});
