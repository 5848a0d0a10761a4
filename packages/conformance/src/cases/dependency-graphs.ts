import { type Change, isQueueError, type NewJob } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameIds, sameSet } from "../check.ts";
import { T0 } from "../time.ts";
import { after, ends, states } from "./dependencies.ts";

const MANY = 10_000;

/** P20: what depends on each other at length. */
export const dependencyGraphs: readonly Case[] = [
  {
    promise: "P20",
    title: "carries an end down the whole graph in one step, as each job's own `onParent` says",
    async run(t) {
      const root = await t.add();
      const child = await t.add(after([root]));
      const leaf = await t.add(after([child]));
      const others = await t.addAll([
        { ...after([leaf]), lane: "side" },
        after([child], "release"),
        after([leaf], "leave"),
        after([leaf, root], "release"),
      ]);
      const last = await t.add({ ...after([others[0], others[1]]), lane: "side" });
      await ends(t, root, "failed", T0 + 9);
      const expected = ["failed", "cancelled", "cancelled", "cancelled", "waiting", "blocked", "waiting", "cancelled"];
      const ids = [root, child, leaf, ...others, last];
      same(await states(t, ids), expected, "An end was not carried down the whole graph.");
      same((await t.read(last)).finishedAt, T0 + 9, "A job at the end of the graph ended in another step.");
    },
  },
  {
    promise: "P20",
    title: "carries the cancellation of a blocked job on as well, and its removal",
    async run(t) {
      const root = await t.add();
      const a = await t.add(after([root]));
      const b = await t.add(after([a]));
      const c = await t.add(after([b]));
      await t.apply({ id: b, expect: { state: "blocked" }, set: { cancel: true } });
      const cancelled = ["waiting", "blocked", "cancelled", "cancelled"];
      same(await states(t, [root, a, b, c]), cancelled, "A cancellation is not carried on.");
      const d = await t.add(after([a]));
      const e = await t.add(after([d]));
      await t.adapter.remove({ ids: [a] });
      same(await states(t, [root, d, e]), ["waiting", "cancelled", "cancelled"], "A removal is not carried on.");
    },
  },
  {
    promise: "P20",
    title: "cancels a new job, and all of the call that depend on it, when what it depends on has failed",
    async run(t) {
      const failed = await t.add();
      await ends(t, failed, "failed");
      const [a, b, c, d] = [t.job(), t.job(), t.job(), t.job()];
      const jobs = [
        { ...c, ...after([b.id]) },
        { ...b, ...after([a.id]) },
        { ...d, ...after([c.id, a.id], "release") },
        { ...a, ...after([failed]) },
      ];
      const outcomes = await t.adapter.insert(jobs, { now: T0 });
      same(
        outcomes,
        jobs.map(({ id }) => ({ status: "added", id })),
        "A job that is cancelled at once is not added.",
      );
      same(
        await states(t, [a.id, b.id, c.id, d.id]),
        ["cancelled", "cancelled", "cancelled", "waiting"],
        "A state is wrong.",
      );
    },
  },
  {
    promise: "P20",
    title: "carries an end down a chain of ten thousand jobs",
    async run(t) {
      const root = t.job({ payload: "root" });
      const chain: NewJob[] = [root];
      for (let i = 0; i < MANY; i++) chain.push(t.job({ ...after([chain[i]?.id ?? ""]) }));
      for (let i = 0; i < chain.length; i += 2500) await t.adapter.insert(chain.slice(i, i + 2500), { now: T0 });
      const [lane] = await t.adapter.lanes({ now: T0 });
      same(lane?.counts, { waiting: 1, blocked: MANY }, "The chain is not stored as one.");
      await ends(t, root.id, "failed");
      const [ended] = await t.adapter.lanes({ now: T0 });
      same(ended?.counts, { failed: 1, cancelled: MANY }, "The end of the first did not reach the last one.");
    },
  },
  {
    promise: "P20",
    title: "releases a job that depends on ten thousand others, and ten thousand that depend on one",
    async run(t) {
      const parents: string[] = [];
      const first = t.job();
      await t.adapter.insert([first], { now: T0 });
      for (let i = 0; i < MANY; i += 2500) {
        parents.push(...(await t.addAll(Array.from({ length: 2500 }, () => after([first.id])))));
      }
      const join = await t.add({ ...after(parents), lane: "side" });
      await t.complete(await t.claim({ limit: 9 }));
      const [lane] = await t.adapter.lanes({ now: T0 });
      same(lane?.counts, { waiting: MANY, completed: 1 }, "Not all who depend on one job were released.");
      for (let i = 0; i < MANY; i += 2500) {
        same(await states(t, [join]), ["blocked"], "A job did not wait for all that it depends on.");
        const jobs = await t.take({ limit: 2500 });
        const changes = jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } }));
        await t.adapter.cas(changes, { now: T0 });
      }
      sameIds(await t.take({ lanes: ["side"] }), [join], "A job that depends on ten thousand others was left blocked.");
    },
  },
  {
    promise: "P20",
    title: "refuses jobs that would wait for themselves through others that are stored, and stores nothing of the call",
    async run(t) {
      const [x, y] = [t.job({ id: "main:x" }), t.job({ id: "main:y", lane: "main" })];
      await t.addAll([
        { ...after([x.id], "leave"), id: "main:a" },
        { ...after(["main:a"]), id: "main:b" },
      ]);
      const calls: readonly (readonly NewJob[])[] = [
        [t.job(), { ...x, ...after(["main:b"]) }],
        [{ ...x, ...after([y.id], "release") }, t.job(), { ...y, ...after(["main:a"], "leave") }],
      ];
      for (const jobs of calls) {
        const error = await t.adapter.insert(jobs, { now: T0 }).catch((thrown: unknown) => thrown);
        holds(isQueueError(error, "INVALID"), `A circle was not refused with INVALID: ${JSON.stringify(error)}.`);
        const text = String((error as Error).message);
        holds(/circle/.test(text) && text.includes(x.id), `A refusal names no circle, or not the jobs: ${text}`);
        const found = await t.adapter.get(jobs.map((job) => job.id));
        same(
          found,
          found.map(() => null),
          "A part of a call that was refused was stored.",
        );
      }
      await t.adapter.insert([{ ...x, ...after([y.id], "leave") }, y], { now: T0 });
      for (const id of [y.id, x.id, "main:a", "main:b"]) await t.complete(await t.claim({ ids: [id] }));
    },
  },
  {
    promise: "P20",
    title:
      "refuses changes whose successors would wait for themselves, does nothing of the call, and lets others spawn on",
    async run(t) {
      const [x, y] = [t.job({ id: "main:x" }), t.job({ id: "main:y" })];
      await t.addAll([
        { ...after([x.id], "leave"), id: "main:a" },
        { ...after(["main:a"], "leave"), id: "main:b" },
      ]);
      const [parent, other] = await t.addAll([{}, {}]);
      const [one, two] = await t.take({ limit: 9 });
      const done = { state: "completed" };
      const calls: readonly (readonly Change[])[] = [
        [
          { id: other, expect: { token: two?.token ?? 0 }, set: done },
          {
            id: parent,
            expect: { token: one?.token ?? 0 },
            set: done,
            spawn: [t.job(), { ...x, ...after(["main:b"], "leave") }],
          },
        ],
        [
          { id: other, expect: { token: two?.token ?? 0 }, set: done, spawn: [{ ...x, ...after([y.id], "leave") }] },
          { id: parent, expect: { token: one?.token ?? 0 }, set: done, spawn: [{ ...y, ...after([x.id], "leave") }] },
        ],
      ];
      for (const changes of calls) {
        const error = await t.adapter.cas(changes, { now: T0 }).catch((thrown: unknown) => thrown);
        holds(isQueueError(error, "INVALID"), `A circle was not refused with INVALID: ${JSON.stringify(error)}.`);
        const text = String((error as Error).message);
        holds(/circle/.test(text) && text.includes(x.id), `A refusal names no circle, or not the jobs: ${text}`);
        same(await states(t, [parent, other]), ["active", "active"], "A part of a call that was refused was done.");
        const spawned = changes.flatMap(({ spawn = [] }) => spawn.map((job) => job.id));
        same(
          await states(t, spawned),
          spawned.map(() => null),
          "A refused call spawned a job.",
        );
      }
      const spawn = [{ ...x, ...after([parent, y.id], "leave") }, y];
      const outcome = await t.apply({ id: parent, expect: { token: one?.token ?? 0 }, set: done, spawn });
      same(outcome.spawned, [x.id, y.id], "Successors that close no circle are not there.");
      for (const id of [y.id, x.id, "main:a", "main:b"]) await t.complete(await t.claim({ ids: [id] }));
    },
  },
  {
    promise: "P20",
    scenarios: ["S53"],
    title: "lets a job replace itself by others and by one that waits for all of them, and for itself",
    async run(t) {
      const id = await t.add();
      const held = await t.claim();
      const [one, two] = [t.job(), t.job({ lane: "side" })];
      const join = t.job({ ...after([one.id, id, two.id]) });
      const next = t.job({ ...after([id]) });
      const spawn = [join, one, next, two];
      const outcome = await t.apply({ id, expect: { token: held.token }, set: { state: "completed" }, spawn });
      same(
        outcome.spawned,
        spawn.map((job) => job.id),
        "A successor was not answered.",
      );
      sameSet(
        await t.take({ lanes: ["main", "side"], limit: 9 }),
        [one.id, next.id, two.id],
        "Not just those are due.",
      );
      await ends(t, two.id, "completed");
      await ends(t, one.id, "completed");
      sameIds(await t.take({ limit: 9 }), [join.id], "The one that waits for all others was not released.");
    },
  },
  {
    promise: "P20",
    title:
      'records in a lane with `history: "all"` that a job was blocked, released, or cancelled with what it depends on',
    async run(t) {
      await t.adapter.configure("side", { history: "all" });
      const [a, b] = await t.addAll([{}, {}]);
      const [released, cancelled] = await t.addAll([
        { ...after([a]), lane: "side" },
        { ...after([b]), lane: "side" },
      ]);
      await ends(t, a, "completed", T0 + 1);
      await ends(t, b, "failed", T0 + 2);
      const moved = { kind: "moved", from: "blocked" };
      for (const [id, at, to] of [
        [released, T0 + 1, "waiting"],
        [cancelled, T0 + 2, "cancelled"],
      ] as const) {
        const expected = [
          { id, at: T0, kind: "inserted", to: "blocked" },
          { ...moved, id, at, to },
        ];
        same(await t.log({ id }), expected, "The log of a job that was blocked is wrong.");
      }
    },
  },
  {
    promise: "P18",
    title: "lets a blocked job hold nobody up under its ordering key; released, it gets in line at its own place",
    async run(t) {
      const key = { orderingKey: "k" };
      const parent = await t.add();
      const [early, , last] = await t.addAll([{ ...after([parent]), ...key }, { ...key, priority: 900 }, key]);
      const [done, held] = await t.take({ limit: 9 });
      same([done?.id, held?.priority], [parent, 900], "A blocked job held its followers up.");
      if (done) await t.complete(done);
      same(await states(t, [early]), ["waiting"], "The job was not released.");
      sameIds(await t.take({ limit: 9 }), [], "A released job did not wait for the one that has the turn.");
      for (const id of [early, last]) {
        await ends(
          t,
          (await t.adapter.list({ states: ["active"], limit: 1, now: T0 })).items[0]?.id ?? "",
          "completed",
        );
        sameIds(await t.take({ limit: 9 }), [id], "A released job is not at its own place in the line.");
      }
    },
  },
  {
    promise: "P17",
    title: "lets a blocked job hold its unique key, and frees it when the job is cancelled with what it depends on",
    async run(t) {
      const parent = await t.add();
      for (const until of ["started", "finished"] as const) {
        const unique = { key: until, until };
        const id = await t.add({ ...after([parent]), unique });
        const [outcome] = await t.adapter.insert([t.job({ unique })], { now: T0 });
        same(outcome?.status === "existing" && outcome.id, id, "A blocked job does not hold its key.");
      }
      await ends(t, parent, "failed");
      await t.addAll([
        { unique: { key: "started", until: "started" } },
        { unique: { key: "finished", until: "finished" } },
      ]);
    },
  },
];
