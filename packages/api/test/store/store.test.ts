import {
  type Adapter,
  type CallReport,
  type JobInput,
  MAX_JOBS,
  MAX_VALUE_BYTES,
  QueueError,
  Store,
} from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { decorate, memory, openStore } from "../support/adapters.ts";
import { rejectionOf } from "../support/errors.ts";
import { gate } from "../support/queues.ts";

const job: JobInput = { type: "a", payload: 1 };
const lease = { ms: 1000, holder: "me" };

const verbs: [string, (store: Store) => Promise<unknown>][] = [
  ["insert", (store) => store.insert([job])],
  ["poll", (store) => store.poll({ limit: 0 })],
  ["cas", (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: {} }])],
  ["get", (store) => store.get(["a:1"])],
  ["list", (store) => store.list({ limit: 1 })],
  ["remove", (store) => store.remove({ ids: ["a:1"] })],
  ["append", (store) => store.append([{ id: "a:1", event: 1 }])],
  ["events", (store) => store.events({ limit: 1 })],
  ["lanes", (store) => store.lanes()],
  ["configure", (store) => store.configure("a", {})],
  ["subscribe", (store) => store.subscribe(() => undefined)],
  ["rescue", (store) => store.rescue({ limit: 1 })],
];

describe("Store: open and closed", () => {
  it.each(verbs)("P25 %s answers CLOSED before open, after close, and works between", async (_, call) => {
    const store = new Store(await memory());

    expect((await rejectionOf(call(store))).message).toContain("Await open() first");
    await store.open();
    await call(store);
    await store.close();
    expect((await rejectionOf(call(store))).code).toBe("CLOSED");
    expect((await rejectionOf(store.open())).code).toBe("CLOSED");
  });

  it("P25 close waits for what is in flight and gathered, and can be called twice", async () => {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    const events: string[] = [];
    const store = await openStore((adapter) => ({
      insert: async (...args) => {
        await gate;
        events.push("insert");
        return adapter.insert(...args);
      },
      close: async () => {
        events.push("close");
        await adapter.close();
      },
    }));
    const first = store.insert([job]);
    await Promise.resolve();
    const second = store.insert([job]);

    const closed = Promise.all([store.close(), store.close()]);
    release();
    await closed;

    expect(await Promise.all([first, second])).toMatchObject([[{ status: "added" }], [{ status: "added" }]]);
    expect(events).toEqual(["insert", "insert", "close"]);
  });

  it("P25 opens and closes at the second call when the first one failed", async () => {
    const failures = ["open", "close"];
    const failOnce = async (verb: string): Promise<void> => {
      if (failures.includes(verb)) throw new Error(`no ${failures.splice(failures.indexOf(verb), 1).join()}`);
    };
    const store = new Store(decorate(await memory(), { open: () => failOnce("open"), close: () => failOnce("close") }));
    expect((await rejectionOf(store.open())).code).toBe("UNAVAILABLE");
    await store.open();
    expect(await store.get(["a:1"])).toEqual([null]);
    expect((await rejectionOf(store.close())).code).toBe("UNAVAILABLE");
    await store.close();
  });

  it("P25 closes the adapter that failed to open, and not one that was never opened", async () => {
    let closed = 0;
    const adapter = decorate(await memory(), {
      open: () => Promise.reject(new Error("no disk")),
      close: async () => void closed++,
    });
    const failed = new Store(adapter);

    expect(await rejectionOf(failed.open())).toMatchObject({ code: "UNAVAILABLE" });
    await failed.close();
    expect(closed).toBe(1);
    await new Store(adapter).close();
    expect(closed).toBe(1);
  });

  it("P25 opens once, however often it is asked to", async () => {
    let opened = 0;
    const store = new Store(decorate(await memory(), { open: async () => void opened++ }));

    await Promise.all([store.open(), store.open()]);
    await store.open();

    expect(opened).toBe(1);
  });
});

describe("Store: what it refuses", () => {
  it.each<[string, string, (store: Store) => Promise<unknown>, string]>([
    ["jobs that are no list", "INVALID", (store) => store.insert(job as never), "list of jobs"],
    ["a job that is none", "INVALID", (store) => store.insert([job, null as never]), "job 1"],
    ["too many jobs", "TOO_LARGE", (store) => store.insert(Array.from({ length: MAX_JOBS + 1 }, () => job)), "20000"],
    [
      "a payload beyond 1 MiB",
      "TOO_LARGE",
      (store) => store.insert([{ ...job, payload: "x".repeat(MAX_VALUE_BYTES) }]),
      "`payload`",
    ],
    ["an end as a beginning", "INVALID", (store) => store.insert([{ ...job, state: "completed" }]), "completed"],
    ["`active` as a beginning", "INVALID", (store) => store.insert([{ ...job, state: "active" }]), "active"],
    ["two due times", "INVALID", (store) => store.insert([{ ...job, runAt: 1, delayMs: 1 }]), "not both"],
    ["an id of another lane", "INVALID", (store) => store.insert([{ ...job, lane: "a", id: "b:1" }]), "`id`"],
    ["an id without a lane before its colon", "INVALID", (store) => store.insert([{ ...job, id: ":1" }]), "`id`"],
    ["an id without a local part", "INVALID", (store) => store.insert([{ ...job, id: "a:" }]), "`id`"],
    ["an id that is too long", "INVALID", (store) => store.insert([{ ...job, id: "x".repeat(256) }]), "255"],
    [
      "an unknown option of a call",
      "INVALID",
      (store) => store.insert([job], { allOrNon: true } as never),
      "Did you mean `allOrNone`?",
    ],
    ["a transaction it cannot join", "UNSUPPORTED", (store) => store.insert([job], { tx: {} as never }), "tx"],
    [
      "an invalid unique key, as such",
      "INVALID",
      (store) => store.insert([{ ...job, unique: { key: "", until: "finished" } }]),
      "unique.key",
    ],
    [
      "a unique key that holds for nothing",
      "INVALID",
      (store) => store.insert([{ ...job, unique: { key: "k", until: "never" as never } }]),
      "unique.until",
    ],
    ["a reserved ordering key", "INVALID", (store) => store.insert([{ ...job, orderingKey: "$fifo" }]), "orderingKey"],
    ["a dependency that is no id", "INVALID", (store) => store.insert([{ ...job, dependsOn: ["x"] }]), "dependsOn"],
    [
      "itself as a dependency",
      "INVALID",
      (store) => store.insert([{ ...job, id: "a:1", dependsOn: ["a:1"] }]),
      "itself",
    ],
    ["onParent of nothing", "INVALID", (store) => store.insert([{ ...job, onParent: "cancel" }]), "dependsOn"],
    [
      "a job of a custom state that depends on others",
      "INVALID",
      (store) => store.insert([{ ...job, state: "drafted", dependsOn: ["a:1"] }]),
      "`state`",
    ],
    [
      "jobs that wait for each other",
      "INVALID",
      (store) =>
        store.insert([
          { ...job, id: "a:1", dependsOn: ["a:2"] },
          { ...job, id: "a:2", dependsOn: ["a:1"] },
        ]),
      "circle",
    ],
    ["a misspelt end to keep", "INVALID", (store) => store.insert([{ ...job, keep: { faild: 1 } as never }]), "failed"],
    ["no capacity at all", "INVALID", (store) => store.configure("a", { capacity: 0 }), "capacity"],
    ["no concurrency at all", "INVALID", (store) => store.configure("a", { concurrency: 0 }), "concurrency"],
    ["a rate of no time", "INVALID", (store) => store.configure("a", { rate: { limit: 1, periodMs: 0 } }), "periodMs"],
    ["an order of no name", "INVALID", (store) => store.configure("a", { order: "lifo" as never }), "order"],
    ["a broken count to keep", "INVALID", (store) => store.configure("a", { keep: { count: 1.5 } }), "keep.count"],
    [
      "a spawned job with a reserved key",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: {}, spawn: [{ ...job, orderingKey: "$" }] }]),
      "spawn[0]",
    ],
    [
      "a change without an expectation",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: {}, set: {} }]),
      "expect",
    ],
    [
      "a change with only a predicate",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: { where: { attempt: 1 } }, set: {} }]),
      "expect",
    ],
    [
      "`active` by cas",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: { state: "active" } }]),
      "active",
    ],
    [
      "`blocked` by cas",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: { state: "blocked" } }]),
      "blocked",
    ],
    [
      "an end with a lease",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: { state: "failed", leaseMs: 5 } }]),
      "leaseMs",
    ],
    [
      "a result before the end",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: { result: 1 } }]),
      "result",
    ],
    [
      "cancel beside a state",
      "INVALID",
      (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: { cancel: true, state: "failed" } }]),
      "cancel",
    ],
    ["a poll for `active` without a lease", "INVALID", (store) => store.poll({ limit: 1 }), "lease"],
    ["a poll from an end", "INVALID", (store) => store.poll({ limit: 1, from: "failed", to: "x" }), "failed"],
    ["a poll from `active`", "INVALID", (store) => store.poll({ limit: 1, from: "active", to: "x" }), "active"],
    ["a leased end", "INVALID", (store) => store.poll({ limit: 1, to: "failed", lease }), "failed"],
    [
      "touched order of waiting jobs",
      "INVALID",
      (store) => store.poll({ limit: 1, lease, order: "touched" }),
      "touched",
    ],
    ["ids beside lanes", "INVALID", (store) => store.poll({ limit: 1, lease, ids: ["a:1"], lanes: ["a"] }), "not both"],
    ["a rescue without a lease", "INVALID", (store) => store.poll({ limit: 0, expired: 1 }), "lease"],
    ["no query of what to remove", "INVALID", (store) => store.remove(undefined as never), "Cannot remove"],
    [
      "the removal of unfinished jobs by age",
      "INVALID",
      (store) => store.remove({ states: ["waiting" as never], olderThanMs: 0, limit: 1 }),
      "states",
    ],
    ["ids that are none", "INVALID", (store) => store.get(["1"]), "ids.0"],
  ])("refuses %s with %s", async (_, code, call, part) => {
    const reached: string[] = [];
    const note = (name: string) => (): Promise<never> => {
      reached.push(name);
      return Promise.reject(new Error("reached"));
    };
    const store = await openStore(() => ({
      insert: note("insert"),
      cas: note("cas"),
      poll: note("poll"),
      configure: note("configure"),
      remove: note("remove"),
    }));

    const error = await rejectionOf(call(store));

    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
    expect(reached).toEqual([]);
  });

  it("P4 stores none of a call in which one job is invalid", async () => {
    const store = await openStore();

    await rejectionOf(store.insert([job, { ...job, priority: -1 }]));

    expect((await store.list({ limit: 10 })).items).toEqual([]);
  });

  it("refuses more than 16 MiB in one call, in jobs and in spawned jobs", async () => {
    const store = await openStore();
    const large = Array.from({ length: 17 }, () => ({ ...job, payload: "x".repeat(MAX_VALUE_BYTES - 2) }));

    expect((await rejectionOf(store.insert(large))).code).toBe("TOO_LARGE");
    expect((await rejectionOf(store.cas([{ id: "a:1", expect: { version: 1 }, set: {}, spawn: large }]))).code).toBe(
      "TOO_LARGE",
    );
    expect(await store.insert(large.slice(0, 15))).toHaveLength(15);
  });

  it("takes settings that reset what is not built yet", async () => {
    const store = await openStore();

    await store.configure("a", { capacity: null, keep: null, paused: true });

    expect((await store.lanes())[0]).toMatchObject({ lane: "a", settings: { paused: true } });
  });

  it("answers empty calls without asking the adapter", async () => {
    const reached = (): Promise<never> => Promise.reject(new Error("reached"));
    const store = await openStore(() => ({ insert: reached, cas: reached, append: reached }));

    expect(await store.insert([])).toEqual([]);
    expect(await store.cas([])).toEqual([]);
    expect(await store.append([])).toEqual([]);
  });
});

describe("Store: what it passes on", () => {
  it("fills in the defaults of a job", async () => {
    const store = await openStore();

    const [outcome] = await store.insert([{ type: "a", payload: null }], { now: 50 });
    const id = outcome?.status === "added" ? outcome.id : "";

    expect(id).toMatch(/^default:[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect((await store.get([id]))[0]).toEqual({
      id,
      lane: "default",
      type: "a",
      payload: null,
      state: "waiting",
      priority: 512,
      maxAttempts: 3,
      runAt: 50,
      attempt: 0,
      token: 0,
      version: 1,
      insertedAt: 50,
      updatedAt: 50,
    });
  });

  it("makes ids that sort as they were made", async () => {
    const store = await openStore();

    const outcomes = await store.insert(Array.from({ length: 9000 }, () => job));
    const ids = outcomes.map((outcome) => (outcome.status === "added" ? outcome.id : ""));

    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(9000);
  });

  it.each([
    ["mine", undefined, "default:mine"],
    ["mine", "media", "media:mine"],
    ["media:mine", undefined, "media:mine"],
    ["media:a:b", "media", "media:a:b"],
    ["😀 ü", undefined, "default:😀 ü"],
  ])("P3 makes of id %j in lane %j the id %j", async (id, lane, whole) => {
    const store = await openStore();

    expect(await store.insert([{ ...job, id, ...(lane !== undefined && { lane }) }])).toEqual([
      { status: "added", id: whole },
    ]);
    expect((await store.insert([{ ...job, id: whole }]))[0]).toMatchObject({ status: "existing", by: "id" });
  });

  it("P2 stores what was there when it was called, not what became of it afterwards", async () => {
    const store = await openStore();
    const payload = { list: [1] };
    const backoff = { type: "fixed" as const, delayMs: 1 };
    const inserted = store.insert([{ ...job, id: "a", payload, backoff }]);
    payload.list.push(2);
    backoff.delayMs = 99;
    await inserted;

    const set = { priority: 0 };
    const expected = { state: "waiting" };
    const changed = store.cas([{ id: "default:a", expect: expected, set }]);
    set.priority = 9;
    expected.state = "failed";

    expect((await changed)[0]?.status).toBe("ok");
    expect((await store.get(["default:a"]))[0]).toMatchObject({
      payload: { list: [1] },
      backoff: { delayMs: 1 },
      priority: 0,
    });
  });

  it("merges changes in flight, and never two of one job", async () => {
    const sizes: number[] = [];
    const store = await openStore((adapter) => ({
      cas: (changes, at) => {
        sizes.push(changes.length);
        return adapter.cas(changes, at);
      },
    }));
    await store.insert(["a", "b"].map((id) => ({ ...job, id })));
    const bump = (id: string, version: number): Promise<unknown> =>
      store.cas([{ id, expect: { version }, set: { priority: version } }]);

    const outcomes = await Promise.all([
      bump("default:a", 1),
      bump("default:b", 1),
      bump("default:a", 2),
      bump("default:b", 2),
    ]);

    expect(outcomes).toMatchObject([[{ version: 2 }], [{ version: 2 }], [{ version: 3 }], [{ version: 3 }]]);
    expect(sizes).toEqual([2, 2]);
  });

  it("keeps changes apart that a stranger could hold up, and renewals from all others", async () => {
    const { opened, open } = gate();
    const store = await openStore((adapter) => ({
      cas: async (changes, at) => {
        if (changes.some(({ spawn, set }) => spawn?.[0]?.unique !== undefined || set.priority === 7)) await opened;
        return adapter.cas(changes, at);
      },
    }));
    await store.insert(["a", "b", "c", "d"].map((id) => ({ ...job, id })));
    const { jobs } = await store.poll({ limit: 1, lease });
    const change = { expect: { version: 1 }, set: {} };
    const spawn = [{ ...job, unique: { key: "k", until: "finished" } } as const];

    const hindered = store.cas([{ id: "default:b", ...change, spawn }]);
    expect(await store.cas([{ id: "default:c", ...change }])).toMatchObject([{ status: "ok" }]);
    const slow = store.cas([{ id: "default:d", ...change, set: { priority: 7 } }]);
    const token = jobs[0]?.token ?? 0;
    const renewed = await store.cas([{ id: "default:a", expect: { token }, set: { leaseMs: 5000 } }]);

    expect(renewed).toMatchObject([{ status: "ok" }]);
    open();
    expect(await Promise.all([hindered, slow])).toMatchObject([[{ status: "ok" }], [{ status: "ok" }]]);
  });

  it("P12 makes the changes of others though one in flight with them is refused", async () => {
    const sizes: number[] = [];
    const store = await openStore((adapter) => ({
      cas: async (changes, at) => {
        sizes.push(changes.length);
        if (changes.some(({ set }) => set.priority === 7)) throw new QueueError("INVALID", "Not this one.");
        return adapter.cas(changes, at);
      },
    }));
    await store.insert(["a", "b", "c"].map((id) => ({ ...job, id })));
    const bump = (id: string, priority: number): Promise<unknown> =>
      store.cas([{ id, expect: { version: 1 }, set: { priority } }]);

    const [a, b, c] = await Promise.allSettled([bump("default:a", 1), bump("default:b", 7), bump("default:c", 2)]);

    expect([a, c]).toMatchObject([{ value: [{ status: "ok" }] }, { value: [{ status: "ok" }] }]);
    expect(b).toMatchObject({ reason: { code: "INVALID" } });
    expect(sizes).toEqual([3, 1, 1, 1]);
  });

  it("P20 refuses jobs of one change that would wait for each other", async () => {
    const store = await openStore();
    await store.insert([{ ...job, id: "a" }]);
    const spawn = [
      { ...job, id: "x", dependsOn: ["default:y"] },
      { ...job, id: "y", dependsOn: ["default:x"] },
    ];

    const error = await rejectionOf(store.cas([{ id: "default:a", expect: { version: 1 }, set: {}, spawn }]));

    expect(error).toMatchObject({ code: "INVALID" });
    expect(error.message).toContain("default:x → default:y → default:x");
  });

  it("P12 makes several changes of one job in one call one after the other", async () => {
    const store = await openStore();
    await store.insert([{ ...job, id: "a" }]);
    const change = (version: number) => ({ id: "default:a", expect: { version }, set: { priority: version } });

    expect(await store.cas([change(1), change(2), change(2)])).toMatchObject([
      { status: "ok", version: 2 },
      { status: "ok", version: 3 },
      { status: "conflict", version: 3 },
    ]);
  });

  it("keeps plain adds apart from those that a stranger could hold up", async () => {
    const calls: unknown[][] = [];
    const store = await openStore((adapter) => ({
      insert: (jobs, at) => {
        calls.push([jobs.length, at]);
        return adapter.insert(jobs, at);
      },
    }));

    await Promise.all([
      store.insert([job]),
      store.insert([job], { allOrNone: true }),
      store.insert([{ ...job, id: "a" }]),
      store.insert([job]),
      store.insert([{ ...job, id: "b" }]),
      store.insert([job], { now: 5 }),
    ]);

    expect(calls).toHaveLength(4);
    expect(calls).toContainEqual([2, undefined]);
    expect(calls).toContainEqual([2, { maybeStored: true }]);
    expect(calls).toContainEqual([1, { allOrNone: true }]);
    expect(calls).toContainEqual([1, { now: 5 }]);
  });

  it.each<[string, (adapter: Adapter) => Partial<Adapter>, (store: Store) => Promise<unknown>]>([
    ["too few outcomes", () => ({ insert: async () => [] }), (store) => store.insert([job])],
    [
      "too many outcomes",
      () => ({ cas: async () => [{ status: "missing" }, { status: "missing" }] }),
      (store) => store.cas([{ id: "a:1", expect: { version: 1 }, set: {} }]),
    ],
    ["nothing at all", () => ({ get: async () => undefined as never }), (store) => store.get(["a:1"])],
  ])("calls an adapter defective that answers %s", async (_, broken, call) => {
    expect(await rejectionOf(call(await openStore(broken)))).toMatchObject({ code: "CORRUPT" });
  });

  it("tells observers of every call, its time and its error, and survives their own errors", async () => {
    const reports: CallReport[] = [];
    const observe = (report: CallReport): void => {
      reports.push(report);
      throw new Error("observer");
    };
    const store = await openStore(() => ({ get: () => Promise.reject(new Error("no")) }), { observe });

    await Promise.all([store.insert([job]), store.insert([job])]);
    await rejectionOf(store.get(["a:1"]));
    await store.close();

    expect(reports.map(({ verb, error }) => [verb, error?.code])).toEqual([
      ["open", undefined],
      ["insert", undefined],
      ["get", "UNAVAILABLE"],
      ["close", undefined],
    ]);
    expect(reports.every(({ adapter, duration }) => adapter === "memory" && duration >= 0)).toBe(true);
  });
});
