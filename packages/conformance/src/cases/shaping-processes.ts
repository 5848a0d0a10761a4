import type { Case } from "../case.ts";
import { same } from "../check.ts";
import { sharedByProcesses } from "../needs.ts";
import { Helper } from "../processes/helper.ts";
import { together } from "../processes/together.ts";
import { HOUR, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** What keys, limits of lanes and dependencies promise where several processes share a store. */
export const shapingProcesses: readonly Case[] = [
  {
    promise: "P17",
    title: "adds one job for each key when several processes add jobs of the same keys",
    needs: sharedByProcesses,
    async run(t) {
      const keys = Array.from({ length: 30 }, (_, i) => ({ unique: { key: `${i}`, until: "finished" } }) as const);
      const lists = [keys, keys.toReversed(), keys].map((wishes) => wishes.map((wish) => t.job(wish)));
      const helpers = lists.map((jobs) => new Helper({ connection: t.connection(), do: "insert", jobs, now: T0 }));
      await together(helpers);
      const added = helpers.flatMap((helper) => helper.ids).sort();
      const jobs = await t.take({ limit: 200 });
      same(jobs.map((job) => job.id).sort(), added, "Other jobs are stored than those that were added.");
      const found = jobs.map((job) => job.unique?.key ?? "").sort();
      same(found, keys.map(({ unique }) => unique.key).sort(), "Not one job was added for each key.");
    },
  },
  {
    promise: "P18",
    title:
      "runs the jobs of each key in order and one at a time when several processes work on them, also when one is killed",
    needs: sharedByProcesses,
    async run(t) {
      const keys = ["a", "b", "c", "d"];
      const ids = await t.addAll(Array.from({ length: 240 }, (_, i) => ({ orderingKey: keys[i % 4] ?? "" })));
      const order = { connection: t.connection(), do: "work", lane: "main", now: T0 } as const;
      const victim = new Helper({ ...order, holder: "victim" });
      const others = ["one", "two"].map((holder) => new Helper({ ...order, holder }));
      try {
        await Promise.all([victim, ...others].map((helper) => helper.ready));
        for (const helper of [victim, ...others]) helper.go();
        await victim.tells(20);
        await victim.kill();
        let isOver = false;
        const ended = Promise.all(others.map((helper) => helper.ended)).finally(() => {
          isOver = true;
        });
        // Whoever awaits it below sees the failure.
        ended.catch(() => {});
        while (!isOver) {
          // A server may still carry out the last poll of the dead process, so this is asked for until all is done.
          await handBack(t, "victim");
          const { items } = await t.adapter.list({ states: ["active"], limit: 99, now: T0 });
          const held = items.map((job) => job.orderingKey);
          same(held.length, new Set(held).size, "Two jobs of one key were held at once.");
          await new Promise(setImmediate);
        }
        await ended;
      } finally {
        await Promise.all([victim, ...others].map((helper) => helper.kill()));
      }
      const jobs = await t.adapter.get(ids);
      same(new Set(jobs.map((job) => job?.state)), new Set(["completed"]), "Jobs were left behind under their keys.");
      const started = jobs.flatMap((job) => job ?? []).sort((a, b) => a.token - b.token);
      for (const key of keys) {
        const line = started.filter((job) => job.orderingKey === key).map((job) => job.id);
        same(
          line,
          ids.filter((id) => line.includes(id)),
          "Jobs of one key were completed out of order.",
        );
      }
    },
  },
  {
    promise: "P19",
    title: "keeps to the capacity of a lane when several processes add to it, and to its concurrency when they poll it",
    needs: sharedByProcesses,
    async run(t) {
      await t.adapter.configure("main", { capacity: 50, concurrency: 20 });
      const adders = [1, 2, 3].map(() => {
        const jobs = Array.from({ length: 40 }, () => t.job());
        return new Helper({ connection: t.connection(), do: "insert", jobs, now: T0 });
      });
      await together(adders);
      const added = adders.flatMap((helper) => helper.ids);
      same(added.length, 50, "Processes did not add just as many jobs as the lane has room for.");
      const pollers = ["one", "two", "three"].map(
        (holder) => new Helper({ connection: t.connection(), do: "drain", lane: "main", limit: 3, holder, now: T0 }),
      );
      await together(pollers);
      const taken = pollers.flatMap((helper) => helper.ids).length + (await t.take({ limit: 99 })).length;
      same(taken, 20, "Processes did not take just as many jobs as the lane's concurrency says.");
      const [lane] = await t.adapter.lanes({ now: T0 });
      same(lane?.counts, { waiting: 30, active: 20 }, "Other jobs are stored than those that were added.");
    },
  },
  {
    promise: "P19",
    title: "gives a process that was polling before nothing more of a lane once `configure` has paused it",
    needs: sharedByProcesses,
    async run(t) {
      const ids = await t.addAll([{}, {}, {}]);
      // As long as it is there the other process goes on polling.
      const last = await t.add({ delayMs: HOUR });
      const helper = new Helper({ connection: t.connection(), do: "work", lane: "main", holder: "one", now: T0 });
      try {
        await helper.ready;
        helper.go();
        await helper.tells(ids.length);
        await t.adapter.configure("main", { paused: true });
        const more = await t.addAll([{}, {}]);
        const end = performance.now() + A_WHILE;
        for (let polls = 0; polls < MANY || performance.now() < end; polls++) {
          same(await t.take({ limit: 9 }), [], "A paused lane gave a job.");
          await new Promise(setImmediate);
        }
        same(
          [...helper.ids].sort(),
          [...ids].sort(),
          "A process was given jobs of a lane that another one had paused.",
        );
        await t.adapter.configure("main", { paused: null });
        await helper.tells(ids.length + more.length);
        await t.adapter.remove({ ids: [last] });
        await helper.ended;
        same([...helper.ids].sort(), [...ids, ...more].sort(), "A lane that goes on does not give its jobs.");
      } finally {
        await helper.kill();
      }
    },
  },
  {
    promise: "P20",
    title: "releases every job when processes complete at the same time what it depends on",
    needs: sharedByProcesses,
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 120 }, () => ({})));
      const wishes = ids.slice(1).map((id, i) => ({ dependsOn: [ids[i] ?? "", id], onParent: "cancel" }) as const);
      const children = await t.addAll(wishes);
      const helpers = ["one", "two", "three"].map(
        (holder) => new Helper({ connection: t.connection(), do: "work", lane: "main", holder, now: T0 }),
      );
      await together(helpers);
      const jobs = await t.adapter.get([...ids, ...children]);
      same(new Set(jobs.map((job) => job?.state)), new Set(["completed"]), "A job was left blocked.");
      const claimed = helpers.flatMap((helper) => helper.ids);
      same(claimed.sort(), [...ids, ...children].sort(), "A job was run more than once.");
    },
  },
];

/** How long, and for how many polls, another process is watched that should do nothing: long enough for polls of its own. */
const A_WHILE = 100;
const MANY = 200;

/** Gives back what a dead process holds, as a rescuer does once its leases end. */
async function handBack(t: Trial, holder: string): Promise<void> {
  const { items } = await t.adapter.list({ where: { "lease.holder": { eq: holder } }, limit: 99, now: T0 });
  const back = items.map(({ id, token }) => ({ id, expect: { token }, set: { state: "waiting" } }));
  if (back.length > 0) await t.adapter.cas(back, { now: T0 });
}
