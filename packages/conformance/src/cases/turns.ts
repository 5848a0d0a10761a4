import type { Case } from "../case.ts";
import { same, sameIds, sameSet, status } from "../check.ts";
import { HOUR, LEASE, T0 } from "../time.ts";
import type { Trial, Wish } from "../trial.ts";
import { finds, inTurn } from "./ordering-keys.ts";

const KEY = { orderingKey: "k" } as const;

/** How often what meets by chance is tried. */
const ROUNDS = 60;

/** P18: how many have a turn under one key, and those that wait for theirs. */
export const turns: readonly Case[] = [
  {
    promise: "P18",
    title: "runs as many jobs of a key at once as the lane's `keyConcurrency` says, started in insertion order",
    async run(t) {
      await t.adapter.configure("main", { keyConcurrency: 2 });
      const [a, b, c, d] = await t.addAll([{ ...KEY, priority: 900 }, KEY, { ...KEY, priority: 1 }, KEY]);
      const [first, second] = await t.take({ limit: 9 });
      sameSet(
        [first, second].filter((job) => job !== undefined),
        [a, b],
        "Not the first two were given.",
      );
      await finds(t, []);
      await t.complete(await heldOf(t, b));
      await finds(t, [c]);
      await t.complete(await heldOf(t, a));
      await finds(t, [d]);
    },
  },
  {
    promise: "P18",
    title: "gives more turns when `keyConcurrency` is raised, and takes none away when it is lowered",
    async run(t) {
      const [a, b, c, d] = await t.addAll([KEY, KEY, KEY, KEY]);
      await finds(t, [a]);
      await t.adapter.configure("main", { keyConcurrency: 3 });
      await finds(t, [b, c]);
      await t.adapter.configure("main", { keyConcurrency: null });
      for (const id of [b, c]) await giveBack(t, id);
      await finds(t, [b, c]);
      for (const id of [a, b]) await t.complete(await heldOf(t, id));
      await finds(t, []);
      await t.complete(await heldOf(t, c));
      await finds(t, [d]);
    },
  },
  {
    promise: "P18",
    title: "puts a keyed successor at the end of the line, behind those that wait already",
    async run(t) {
      const [a, b] = await t.addAll([KEY, KEY]);
      const held = await t.claim();
      const child = t.job({ ...KEY, priority: 0 });
      await t.apply({ id: a, expect: { token: held.token }, set: { state: "completed" }, spawn: [child] });
      await inTurn(t, [b, child.id]);
    },
  },
  {
    promise: "P18",
    title: "gives the turn to the first in line of the jobs that the same end releases",
    async run(t) {
      const parent = await t.add({ lane: "side" });
      const wish: Wish = { orderingKey: "k", dependsOn: [parent] };
      // The line is by insertion, and not by any order of ids.
      const ids = ["main:d", "main:c", "main:b", "main:a"];
      await t.adapter.insert(
        ids.map((id) => ({ ...t.job(wish), id })),
        { now: T0 },
      );
      await t.complete(await t.claim({ lanes: ["side"] }));
      await inTurn(t, ids);
    },
  },
  {
    promise: "P18",
    title:
      "gives the turn to who gets in line while the only one of the key is finished and the next ones are asked for",
    async run(t) {
      for (let round = 0; round < ROUNDS; round++) {
        const wish = { orderingKey: `k${round}` };
        await t.add(wish);
        const held = await t.claim();
        const [, next, ...polls] = await Promise.all([
          t.complete(held),
          t.add(wish),
          t.take({ limit: 9 }),
          t.add({ lane: "side" }).then(() => t.take({ limit: 9 })),
        ]);
        const found = [...polls.flat(), ...(await t.take({ limit: 9 })), ...(await t.take({ limit: 9 }))];
        sameIds(found, [next], "Who got in line while the turn became free was not given it once.");
        await t.complete(await heldOf(t, next));
      }
    },
  },
  {
    promise: "P18",
    title: "answers, lists and counts jobs that wait for their turn as any other",
    async run(t) {
      const [head, next] = await t.addAll([KEY, { ...KEY, priority: 1 }, { ...KEY, delayMs: HOUR }]);
      const job = await t.read(next);
      same([job.state, job.orderingKey, job.version], ["waiting", "k", 1], "A job that waits for its turn is wrong.");
      const { items } = await t.adapter.list({ states: ["waiting"], order: "poll", limit: 9, now: T0 });
      sameIds(items, [next, head], "A job that waits for its turn is not listed in its place.");
      const [lane] = await t.adapter.lanes({ now: T0 });
      same(lane?.counts, { waiting: 2, delayed: 1 }, "Jobs that wait for their turn are miscounted.");
      const outcome = await t.cas({ id: next, expect: { version: 1 }, set: { priority: 2 } });
      status(outcome, "ok", "A job that waits for its turn could not be changed.");
      await finds(t, [head]);
    },
  },
  {
    promise: "P18",
    title: "finds other jobs at once, and all of them, behind thousands that wait for one key",
    async run(t) {
      await t.addAll(Array.from({ length: 3000 }, () => ({ ...KEY, priority: 1 })));
      const held = await t.claim({ limit: 9 });
      const [rare] = await t.addAll([{ type: "rare" }, { orderingKey: "other", type: "rare", priority: 900 }]);
      const { jobs, after } = await t.poll({ types: ["rare"], limit: 1 });
      same([jobs[0]?.id, after], [rare, undefined], "Jobs that wait for their turn were looked at one by one.");
      same((await t.take({ limit: 9 })).length, 1, "A job of another key was not found.");
      same((await t.poll({ limit: 9 })).nextDueAt, T0 + LEASE, "`nextDueAt` counts jobs that wait for their turn.");
      await t.complete(held);
      same((await t.take({ limit: 9 })).length, 1, "The next one of the key did not get its turn.");
    },
  },
];

async function heldOf(t: Trial, id: string) {
  const job = await t.read(id);
  same(job.state, "active", "A job that was given is not held.");
  return job;
}

async function giveBack(t: Trial, id: string): Promise<void> {
  const { token } = await heldOf(t, id);
  await t.apply({ id, expect: { token }, set: { state: "waiting" } });
}
