import { defineJobs, type FlowTree, openQueue, type Queue } from "@anyqueue/api";
import { Type } from "typebox";
import { afterEach, beforeEach, describe, expect, expectTypeOf, it } from "vitest";
import { rejectionOf } from "../support/errors.ts";
import { added } from "../support/flows.ts";
import { openOn } from "../support/queues.ts";

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

async function states(): Promise<Record<string, string>> {
  return Object.fromEntries((await queue.list()).items.map(({ type, state }) => [type, state]));
}

describe("a flow of a tree", () => {
  it("P20 runs children first, and gives their results to their parent in order", async () => {
    const flow = await added(
      queue.flow({
        type: "sum",
        payload: null,
        children: [
          { type: "number", payload: 1 },
          { type: "sum", payload: null, options: { lane: "other" }, children: [{ type: "number", payload: 2 }] },
          { type: "number", payload: false },
        ],
      }),
    );
    expect(flow).toMatchObject({ status: "added" });
    expect(flow.children.map(({ children }) => children.length)).toEqual([0, 1, 0]);
    expect(flow.children[1]?.id).toMatch(/^other:/);
    expect(await states()).toEqual({ number: "waiting", sum: "blocked" });

    queue.work({
      number: (job) => job.payload,
      sum: async (_, ctx) => (await ctx.dependencies()).map(({ result }) => result ?? null),
    });

    expect(await queue.result(flow.id, { timeout: "5s" })).toEqual([1, [2], false]);
    expect((await queue.get(flow.id))?.dependsOn).toEqual(flow.children.map(({ id }) => id));
  });

  it("P20 lets ten thousand children of one parent work", async () => {
    const children = Array.from({ length: 10_000 }, (_, n) => ({ type: "number", payload: n }));
    const { id } = await added(queue.flow({ type: "sum", payload: null, children }));
    queue.work(
      {
        number: (job) => job.payload,
        sum: async (_, ctx) =>
          (await ctx.dependencies<string>()).reduce((sum, { result }) => sum + (result as number), 0),
      },
      { concurrency: 100 },
    );

    expect(await queue.result(id, { timeout: "25s" })).toBe(49_995_000);
  });

  it("P20 may be as deep as a call is long", async () => {
    let tree: FlowTree = { type: "step", payload: 0 };
    for (let n = 1; n < 3000; n++) tree = { type: "step", payload: n, children: [tree] };

    expect((await queue.flow(tree)).status).toBe("added");
    expect(await queue.cancel({ types: ["step"] })).toEqual({ cancelled: 3000, requested: 0 });
  });

  it("P20 is refused as soon as it is too large, however deep", async () => {
    let tree: FlowTree = { type: "step", payload: 0 };
    for (let n = 1; n < 200_000; n++) tree = { type: "step", payload: n, children: [tree] };

    expect(await rejectionOf(queue.flow(tree))).toMatchObject({ code: "TOO_LARGE" });
    const jobs = Object.fromEntries(Array.from({ length: 20_001 }, (_, n) => [`j${n}`, { type: "a", payload: 1 }]));
    expect(await rejectionOf(queue.flow({ jobs }))).toMatchObject({ code: "TOO_LARGE" });
  });

  it("P20 waits for others too, and goes by `onParent` when one fails", async () => {
    const other = await queue.add("other", 1, { lane: "later" });
    const released = await added(
      queue.flow({
        type: "report",
        payload: null,
        options: { onParent: "release", dependsOn: [other.id] },
        children: [{ type: "fails", payload: 1, options: { maxAttempts: 1 } }],
      }),
    );
    const cancelled = await added(
      queue.flow({
        type: "report",
        payload: null,
        children: [{ type: "fails", payload: 2, options: { maxAttempts: 1 } }],
      }),
    );
    queue.work({
      fails: () => {
        throw new Error("no");
      },
      other: () => "fine",
      report: async (_, ctx) =>
        (await ctx.dependencies()).map(({ state, result = null, error }) => [state, result, error?.message ?? null]),
    });

    expect(await queue.result(released.id, { timeout: "5s" })).toEqual([
      ["failed", null, "no"],
      ["completed", "fine", null],
    ]);
    expect((await rejectionOf(queue.result(cancelled.id, { timeout: "5s" }))).message).toContain("is cancelled");
  });

  it("tells of a dependency that was removed that it is missing", async () => {
    const { id, children } = await added(
      queue.flow({
        type: "report",
        payload: null,
        options: { onParent: "release" },
        children: [{ type: "never", payload: 1 }],
      }),
    );
    await queue.remove(children[0]?.id ?? "");
    queue.work({ report: async (_, ctx) => (await ctx.dependencies()).map(({ state }) => state) });

    expect(await queue.result(id, { timeout: "5s" })).toEqual(["missing"]);
  });
});

describe("a flow of named jobs", () => {
  it("P20 runs each after those that it names, in whatever order they are written", async () => {
    const flow = await added(
      queue.flow({
        jobs: {
          publish: { type: "step", payload: "publish", after: ["check", "build"] },
          check: { type: "step", payload: "check", after: ["fetch"] },
          fetch: { type: "step", payload: "fetch" },
          build: { type: "step", payload: "build", after: ["fetch"] },
        },
      }),
    );
    const order: unknown[] = [];
    queue.work({ step: (job) => void order.push(job.payload) }, { concurrency: 1 });
    await queue.result(flow.ids.publish, { timeout: "5s" });

    expect(order).toEqual(["fetch", "check", "build", "publish"]);
    expect((await queue.get(flow.ids.publish))?.dependsOn).toEqual([flow.ids.check, flow.ids.build]);
  });

  it("P20 refuses a circle, by the names in it", async () => {
    const circle = queue.flow({
      jobs: {
        a: { type: "x", payload: 1, after: ["c"] },
        b: { type: "x", payload: 1, after: ["a"] },
        c: { type: "x", payload: 1, after: ["b"] },
        d: { type: "x", payload: 1, after: ["a"] },
      },
    });

    expect((await rejectionOf(circle)).message).toContain("a → c → b → a");
    expect((await rejectionOf(queue.flow({ jobs: { a: { type: "x", payload: 1, after: ["a"] } } }))).message).toContain(
      "a → a",
    );
    expect((await queue.list()).items).toEqual([]);
  });
});

describe("a flow", () => {
  it("P4 is added as a whole or not at all: where a job exists, nothing is", async () => {
    const tree = (n: number): FlowTree => ({
      type: "parent",
      payload: n,
      options: { id: "p" },
      children: [{ type: "child", payload: n, options: { id: `c${n}` } }],
    });
    expect((await queue.flow(tree(1))).status).toBe("added");

    const again = await queue.flow(tree(1));
    const child = { id: "default:c1", by: "id", job: { state: "waiting" } };
    const parent = { id: "default:p", by: "id", job: { state: "blocked" } };
    expect(again).toMatchObject({ status: "existing", existing: [child, parent] });
    expect(again).not.toHaveProperty("id");
    expect(await queue.flow(tree(2))).toMatchObject({ existing: [parent] });
    expect(await queue.get("default:c2")).toBeNull();
  });

  it("P20 is found however deep it is", async () => {
    let tree: FlowTree = { type: "step", payload: 0, options: { id: "0" } };
    for (let n = 1; n < 10_000; n++) tree = { type: "step", payload: n, options: { id: `${n}` }, children: [tree] };
    await queue.flow(tree);

    const again = await queue.flow(tree);
    expect(again.status === "existing" && again.existing.length).toBe(10_000);
  });

  it("P17 gives the id of the job that holds its unique key", async () => {
    const graph = { jobs: { a: { type: "nightly", payload: 1, options: { unique: true } } } };
    const { ids } = await added(queue.flow(graph));

    const again = await queue.flow(graph);

    expect(again).toMatchObject({
      status: "existing",
      existing: [{ id: ids.a, by: "unique", job: { type: "nightly" } }],
    });
    expect(again).not.toHaveProperty("ids");
  });

  it("P3 is stored once when its reply is lost, and knows it for its own", async () => {
    let lost = 1;
    const flaky = await openOn((adapter) => ({
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(jobs, at);
        if (lost-- > 0) throw new Error("The connection was lost.");
        return outcomes;
      },
    }));

    expect((await flaky.flow({ type: "a", payload: 1, children: [{ type: "b", payload: 1 }] })).status).toBe("added");
    expect((await flaky.list()).items).toHaveLength(2);
  });

  it("P19 finds a lane without room for all of it", async () => {
    await queue.lane("small").configure({ capacity: 1 });
    const child = { type: "a", payload: 1, options: { lane: "small" } };

    const error = await rejectionOf(queue.flow({ type: "a", payload: 1, children: [child, child] }));

    expect(error).toMatchObject({ code: "LANE_FULL" });
    expect(error.message).toContain("lane small");
    expect((await queue.list()).items).toEqual([]);
  });

  const step = { type: "a", payload: 1 };
  const self: { type: string; payload: number; children: unknown[] } = { ...step, children: [] };
  self.children.push(self);

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "children?"],
    ["a list", [step], "children?"],
    ["a job without a type", { payload: 1 }, "`type` is missing"],
    ["a misspelt field", { ...step, childern: [] }, "Did you mean `children`?"],
    ["a misspelt field further down", { ...step, children: [{ ...step, payloda: 1 }] }, "children.0: `payloda`"],
    ["an option outside of `options`", { ...step, delay: "5m" }, "`delay` is not an option"],
    ["a misspelt option", { ...step, options: { dely: "5m" } }, "Did you mean `delay`?"],
    ["a tree that contains itself", self, "`children.0` contains itself"],
    ["no jobs at all", { jobs: {} }, "`jobs` is empty"],
    ["jobs in a list", { jobs: [step] }, "`jobs` must be an object"],
    ["a name of no job", { jobs: { fetch: step, build: { ...step, after: ["fetsh"] } } }, "Did you mean `fetch`?"],
    ["children of a named job", { jobs: { a: { ...step, children: [] } } }, "job a: `children` is not an option"],
    ["a merge", { ...step, options: { unique: { on: "merge" } } }, 'Give it `unique: { on: "keep" }`'],
    [
      "an id twice",
      { jobs: { a: { ...step, options: { id: "s" } }, b: { ...step, options: { id: "s" } } } },
      "a and b have the same id, default:s",
    ],
    [
      "a unique key twice",
      {
        ...step,
        children: [step, { ...step, children: [step] }].map((job) => ({ ...job, options: { unique: true } })),
      },
      "children.0 and children.1 have the same unique key",
    ],
    ["onParent without a dependency", { ...step, options: { onParent: "leave" } }, "`onParent` goes with `dependsOn`"],
  ])("is refused: %s", async (_, flow, part) => {
    const error = await rejectionOf(queue.flow(flow as never));

    expect(error.code).toBe("INVALID");
    expect(error.message).toContain(part);
    expect((await queue.list()).items).toEqual([]);
  });

  it("types payloads, names and results", () => {
    const jobs = defineJobs({
      page: { payload: Type.Object({ url: Type.String() }), result: Type.Object({ bytes: Type.Integer() }) },
      site: { payload: Type.Object({ name: Type.String() }) },
    });
    const neverRun = async (typed: Queue<typeof jobs>): Promise<void> => {
      const { ids } = await added(
        typed.flow({
          jobs: {
            home: { type: "page", payload: { url: "/" } },
            all: { type: "site", payload: { name: "x" }, after: ["home"] },
          },
        }),
      );
      expectTypeOf(ids).toEqualTypeOf<{ readonly home: string; readonly all: string }>();
      const tree = await added(
        typed.flow({
          type: "site",
          payload: { name: "x" },
          children: [{ type: "page", payload: { url: "/" } }],
        }),
      );
      expectTypeOf(tree.id).toEqualTypeOf<string>();
      // @ts-expect-error -- the payload of another type
      await typed.flow({ type: "site", payload: { url: "/" } });
      await typed.addMany([
        { type: "page", payload: { url: "/" } },
        // @ts-expect-error -- the payload of another type of the list
        { type: "site", payload: { url: "/" } },
      ]);
      // @ts-expect-error -- no such job in the flow
      await typed.flow({ jobs: { home: { type: "page", payload: { url: "/" }, after: ["hme"] } } });
      typed.work({
        site: async (_, ctx) => {
          for (const page of await ctx.dependencies<"page">()) {
            if (page.state !== "missing") expectTypeOf(page.result).toEqualTypeOf<{ bytes: number } | undefined>();
          }
          ctx.replaceWith([
            { type: "page", payload: { url: "/" } },
            // @ts-expect-error -- the payload of another type of the list
            { type: "site", payload: { url: "/" } },
          ]);
        },
      });
    };
    expect(neverRun).toBeTypeOf("function");
  });
});

describe("ctx.replaceWith", () => {
  it("S38 completes the job and adds its children in one step, and what depended on it goes on", async () => {
    const { id } = await added(
      queue.flow({
        type: "after",
        payload: null,
        children: [{ type: "all", payload: 5 }],
      }),
    );
    const done: unknown[] = [];
    const worker = queue.work({
      all: (job, ctx) => {
        const count = job.payload as number;
        ctx.replaceWith(Array.from({ length: count }, (_, n) => ({ type: "one", payload: n, options: { delay: 50 } })));
        return count;
      },
      one: (job) => void done.push(job.payload),
      after: async (_, ctx) => [done.length, ...(await ctx.dependencies()).map(({ result }) => result ?? null)],
    });

    expect(await queue.result(id, { timeout: "5s" })).toEqual([0, 5]);
    while (done.length < 5) await new Promise((resolve) => worker.once("completed", resolve));
    expect(done).toEqual([0, 1, 2, 3, 4]);
  });

  it("S38 just completes it for an empty list, and adds nothing when the attempt fails", async () => {
    const empty = await queue.add("empty", 1);
    const failing = await queue.add("failing", 1, { maxAttempts: 1 });
    queue.work({
      empty: (_, ctx) => ctx.replaceWith([]),
      failing: (_, ctx) => {
        ctx.replaceWith([{ type: "child", payload: 1 }]);
        throw new Error("no");
      },
    });

    expect(await queue.result(empty.id, { timeout: "5s" })).toBeUndefined();
    await rejectionOf(queue.result(failing.id, { timeout: "5s" }));
    expect((await queue.list({ types: ["child"] })).items).toEqual([]);
  });

  it("fails the attempt when it is given no list of jobs", async () => {
    const { id } = await queue.add("a", 1, { maxAttempts: 1 });
    queue.work({ a: (_, ctx) => ctx.replaceWith({ type: "b" } as never) });

    expect((await rejectionOf(queue.result(id, { timeout: "5s" }))).message).toContain("give a list");
  });
});

describe("ctx.spawn", () => {
  it("P20 fails the attempt whose jobs would wait for themselves, and nobody else's", async () => {
    const leave = { onParent: "leave" } as const;
    await queue.add("y", 1, { id: "y", dependsOn: ["default:x"], ...leave });
    const a = await queue.add("a", 1, { maxAttempts: 1 });
    const b = await queue.add("b", 1);
    queue.work({ a: (_, ctx) => ctx.spawn("x", 1, { id: "x", dependsOn: ["default:y"], ...leave }), b: () => 42 });

    expect((await rejectionOf(queue.result(a.id, { timeout: "5s" }))).message).toContain("in a circle");
    expect(await queue.result(b.id, { timeout: "5s" })).toBe(42);
    expect(await queue.get(b.id)).toMatchObject({ attempt: 1 });
    expect(await queue.get("default:x")).toBeNull();
  });
});
