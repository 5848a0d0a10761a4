import { openQueue, type Queue } from "@anyqueue/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rejectionOf } from "../support/errors.ts";
import { added } from "../support/flows.ts";
import { openOn } from "../support/queues.ts";

let queue: Queue;
beforeEach(async () => {
  queue = await openQueue("memory:");
});
afterEach(() => queue.close());

const lease = { ms: 60_000, holder: "me" };

describe("cancel", () => {
  it("P21 is immediate where nobody holds the job, and asks where somebody does", async () => {
    await queue.add("a", 1, { id: "held" });
    await queue.poll({ limit: 1, lease });
    await queue.add("a", 1, { id: "free" });

    expect(await queue.cancel("default:free")).toBe("cancelled");
    expect(await queue.cancel("default:free")).toBe("finished");
    expect(await queue.cancel("default:held")).toBe("requested");
    expect(await queue.cancel("default:held")).toBe("requested");
    expect(await queue.cancel("default:none")).toBe("missing");
    expect(await queue.get("default:held")).toMatchObject({ state: "active", cancelRequested: true });
  });

  it("P21 does it for a group, over many pages, and says how many", async () => {
    const many = Array.from({ length: 2500 }, () => ({ type: "a", payload: 1, options: { group: "g" } }));
    await queue.addMany(many);
    const { jobs } = await queue.poll({ limit: 10, lease });
    await queue.add("a", 1, { group: "other" });

    expect(await queue.cancel({ group: "g" })).toEqual({ cancelled: 2490, requested: 10 });
    expect(await queue.cancel({ group: "g" })).toEqual({ cancelled: 0, requested: 10 });
    expect(jobs).toHaveLength(10);
    expect((await queue.lanes())[0]?.counts).toEqual({ active: 10, cancelled: 2490, waiting: 1 });
  });

  it("selects by lane, type, state and predicate together", async () => {
    for (const [type, lane, n] of [
      ["a", "x", 1],
      ["a", "y", 1],
      ["b", "x", 1],
      ["a", "x", 2],
    ] as const) {
      await queue.add(type, { n }, { lane });
    }

    expect(await queue.cancel({ lanes: ["x"], types: ["a"], states: ["waiting"], where: { "payload.n": 1 } })).toEqual({
      cancelled: 1,
      requested: 0,
    });
  });

  it.each<[string, unknown]>([
    ["nothing", {}],
    ["undefined", undefined],
    ["only what is undefined", { group: undefined }],
    ["a misspelt field", { grup: "g" }],
    ["an empty test, which would fit every job", { where: { "payload.user": { eq: undefined } } }],
  ])("refuses to act on %s", async (_, selection) => {
    await queue.add("a", 1);

    expect((await rejectionOf(Promise.resolve(queue.cancel(selection as never)))).code).toBe("INVALID");
    expect((await queue.list({ states: ["waiting"] })).items).toHaveLength(1);
  });

  it("selects nothing by an empty list", async () => {
    await queue.add("a", 1);

    for (const selection of [{ lanes: [] }, { types: [] }, { states: [] }]) {
      expect(await queue.cancel(selection)).toEqual({ cancelled: 0, requested: 0 });
    }
  });

  it("P12 looks again at a job that changed meanwhile", async () => {
    let disturb = true;
    const busy = await openOn((adapter) => ({
      cas: async (changes, at) => {
        if (disturb) {
          disturb = false;
          await adapter.cas(changes.map(({ id }) => ({ id, expect: { state: "waiting" }, set: { priority: 1 } })));
        }
        return adapter.cas(changes, at);
      },
    }));
    const { id } = await busy.add("a", 1, { group: "g" });

    expect(await busy.cancel({ group: "g" })).toEqual({ cancelled: 1, requested: 0 });
    disturb = true;
    await busy.retry(id);
    disturb = true;
    expect(await busy.cancel(id)).toBe("cancelled");
  });

  it("P21 P20 ends blocked jobs at once, and what depends on them, and counts each of the group", async () => {
    const group = (name: string): { group: string } => ({ group: name });
    const tree = {
      type: "top",
      payload: 0,
      options: group("g"),
      children: [
        { type: "leaf", payload: 1, options: group("g") },
        {
          type: "middle",
          payload: 2,
          options: group("g"),
          children: [{ type: "leaf", payload: 3, options: group("g") }],
        },
      ],
    };
    const flow = await added(queue.flow({ type: "outside", payload: 0, children: [tree] }));

    expect(await queue.cancel({ group: "g" })).toEqual({ cancelled: 4, requested: 0 });
    expect(await queue.get(flow.id)).toMatchObject({ state: "cancelled", attempt: 0 });
    expect(await queue.cancel(flow.id)).toBe("finished");
  });

  it("P21 P20 asks the holder of a child to stop; its parent ends when it does", async () => {
    const flow = await added(queue.flow({ type: "parent", payload: 0, children: [{ type: "child", payload: 1 }] }));
    const held = await queue.receive();

    expect(await queue.cancel({ types: ["child"] })).toEqual({ cancelled: 0, requested: 1 });
    expect(await queue.get(flow.id)).toMatchObject({ state: "blocked" });
    await held?.release();
    expect(await queue.get(flow.id)).toMatchObject({ state: "cancelled" });
  });

  it("P21 P18 keeps the key of a job that is asked to stop until it does, and parked jobs end at once", async () => {
    const keyed = { orderingKey: "k" };
    const [first, second, third] = [
      await queue.add("a", 1, keyed),
      await queue.add("a", 2, keyed),
      await queue.add("a", 3, keyed),
    ];
    const held = await queue.receive();

    expect(await queue.cancel(second.id)).toBe("cancelled");
    expect(await queue.cancel(first.id)).toBe("requested");
    expect(await queue.receive()).toBeNull();
    await held?.release();
    expect((await queue.receive())?.job.id).toBe(third.id);
    expect(await queue.get(first.id)).toMatchObject({ state: "cancelled" });
  });

  it("P21 P17 lets a unique key go with the job that is cancelled", async () => {
    const { id } = await queue.add("a", 1, { unique: true });
    expect(await queue.cancel({ types: ["a"] })).toEqual({ cancelled: 1, requested: 0 });

    expect((await queue.add("a", 1, { unique: true })).status).toBe("added");
    expect(await queue.get(id)).toMatchObject({ state: "cancelled" });
  });

  it("leaves AnyQueue's own jobs alone", async () => {
    await queue.insert([{ type: "a", payload: 1, id: "$system:x", state: "$resting" }]);

    expect(await queue.cancel({ types: ["**"] })).toEqual({ cancelled: 0, requested: 0 });
  });
});

describe("retry", () => {
  it("P14 makes a finished job wait again, at once, with all its attempts before it", async () => {
    const { id } = await queue.add("a", 1, { delay: "1h" });
    expect(await queue.retry(id)).toBe("unfinished");
    await queue.cancel(id);

    expect(await queue.retry(id)).toBe("retried");
    expect(await queue.retry("default:none")).toBe("missing");
    const job = await queue.get(id);
    expect(job).toMatchObject({ state: "waiting", attempt: 0 });
    expect(job?.runAt).toBeLessThanOrEqual(Date.now());
    expect(job).not.toHaveProperty("finishedAt");
  });

  it("takes failed jobs when a selection names no states, and refuses unfinished ones", async () => {
    await queue.addMany(["f", "c"].map((id) => ({ type: "a", payload: 1, options: { id, group: "g" } })));
    await queue.cas([{ id: "default:f", expect: { state: "waiting" }, set: { state: "failed" } }]);
    await queue.cancel("default:c");

    expect(await queue.retry({ group: "g" })).toBe(1);
    expect(await queue.retry({ group: "g", states: ["cancelled"] })).toBe(1);
    expect((await rejectionOf(queue.retry({ states: ["waiting"] }))).code).toBe("INVALID");
  });
});

describe("pause", () => {
  it("P19 hides a lane from every poll until it is resumed, while adding goes on", async () => {
    await queue.pause("x");
    await queue.pause();
    await queue.addMany(["x", "default"].map((lane) => ({ type: "a", payload: 1, options: { lane } })));

    expect(await queue.receive()).toBeNull();
    await queue.resume("x");
    expect((await queue.receive())?.job.lane).toBe("x");
    expect((await queue.lanes()).map(({ settings }) => settings)).toEqual([{ paused: true }, {}]);
    expect((await rejectionOf(queue.pause("a b"))).code).toBe("INVALID");
  });

  it("P19 wakes waiting workers when it ends", async () => {
    await queue.pause();
    const { id } = await queue.add("a", 1);
    queue.work({ a: () => 5 }, { interval: 50 });

    await queue.resume();
    expect(await queue.result(id, { timeout: "5s" })).toBe(5);
  });
});

describe("retry into a state", () => {
  it("P14 puts a job that failed back where a state machine looks for it", async () => {
    const [made] = await queue.insert([{ type: "page", payload: 1, state: "fetched", maxAttempts: 1 }]);
    const { jobs } = await queue.poll({ from: "fetched", to: "parsing", limit: 1, lease });
    const id = made?.status === "added" ? made.id : "";
    await queue.cas([{ id, expect: { token: jobs[0]?.token ?? 0 }, set: { state: "failed" } }]);

    expect(await queue.retry(id, { state: "fetched" })).toBe("retried");

    expect((await queue.poll({ from: "fetched", to: "parsing", limit: 1, lease })).jobs).toHaveLength(1);
  });

  it("refuses options that do not exist", async () => {
    const error = await rejectionOf(queue.retry("default:x", { stat: "fetched" } as never));
    expect(error.message).toContain("Did you mean `state`?");
  });

  it("P20 retries no job before those that it depends on", async () => {
    const flow = await queue.flow({ type: "report", payload: 1, children: [{ type: "fetch", payload: 2 }] });
    if (flow.status !== "added") throw new Error("The flow is there already.");
    const [child] = flow.children;
    await queue.cancel(child?.id ?? "");
    expect((await queue.get(flow.id))?.state).toBe("cancelled");

    expect(await queue.retry(flow.id)).toBe("dependent");
    expect(await queue.retry({ states: ["cancelled"] })).toBe(1);
    expect(await queue.get([child?.id ?? "", flow.id])).toMatchObject([{ state: "waiting" }, { state: "cancelled" }]);
    await queue.work({ fetch: () => "done" }).idle();
    expect(await queue.retry(flow.id)).toBe("retried");
  });
});
