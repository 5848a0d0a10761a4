import type { NewJob } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds } from "../check.ts";
import { T0 } from "../time.ts";
import { after, ends, states } from "./dependencies.ts";

const MANY = 10_000;

/** P20: ends that are carried down long and wide graphs. */
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
];
