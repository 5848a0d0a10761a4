import type { Case } from "../case.ts";
import { holds, same } from "../check.ts";
import { crashProof, sharedByProcesses } from "../needs.ts";
import { Helper } from "../processes/helper.ts";
import { HOUR, LEASE, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** What only shows between processes. */
export const processes: readonly Case[] = [
  {
    promise: "P6",
    scenarios: ["S15", "S34", "S93"],
    title: "never gives one job to two processes",
    needs: sharedByProcesses,
    async run(t) {
      const ids = await t.addAll(Array.from({ length: 300 }, () => ({})));
      const helpers = ["one", "two", "three"].map(
        (holder) => new Helper({ connection: t.connection(), do: "drain", lane: "main", limit: 7, holder, now: T0 }),
      );
      await together(helpers);
      const claimed = helpers.flatMap((helper) => helper.ids);
      same(claimed.sort(), [...ids].sort(), "Three processes did not share out 300 jobs exactly once each.");
      const tokens = (await t.adapter.get(ids)).map((job) => job?.token);
      same(new Set(tokens).size, ids.length, "Two processes got the same token.");
    },
  },
  {
    promise: "P3",
    title: "adds each id once when several processes insert the same jobs",
    needs: sharedByProcesses,
    async run(t) {
      const jobs = Array.from({ length: 60 }, () => t.job());
      const helpers = [jobs, jobs].map(
        (list) => new Helper({ connection: t.connection(), do: "insert", jobs: list, now: T0 }),
      );
      await together(helpers);
      const ids = jobs.map((job) => job.id).sort();
      const found = await t.take({ limit: 200 });
      same(found.map((job) => job.id).sort(), ids, "A job was stored twice, or lost.");
      const told = helpers.flatMap((helper) => helper.ids);
      same(told.sort(), ids, "Not just one process was told of each job that it added it.");
    },
  },
  {
    promise: "P1",
    scenarios: ["S74"],
    title: "keeps every acknowledged insert when the process is killed",
    needs: crashProof,
    async run(t) {
      if (t.canSpawn) await killedProcess(t);
      else await crashedHandle(t);
    },
  },
  {
    promise: "P1",
    scenarios: ["S71", "S115"],
    title: "brings back the jobs of a process that was killed once their leases end, and none before",
    needs: sharedByProcesses,
    async run(t) {
      await t.addAll(Array.from({ length: 2000 }, () => ({})));
      const order = { do: "drain", lane: "main", limit: 5, holder: "victim", now: T0 } as const;
      const helper = new Helper({ connection: t.connection(), ...order });
      await helper.ready;
      helper.go();
      await helper.tells(50);
      await helper.kill();
      const told = new Set(helper.ids);
      const { items: active } = await t.adapter.list({ states: ["active"], limit: 10_000, now: T0 });
      const leased = new Set(active.map((job) => job.id));
      holds(
        [...told].every((id) => leased.has(id)),
        "A lease that was answered to a process died with it.",
      );
      const early = await t.poll({ limit: 0, expired: 10_000, now: T0 + LEASE - 1 });
      same(early.expired, [], "A job of the dead process came back before its lease had ended.");
      const { expired } = await t.poll({ limit: 0, expired: 10_000, now: T0 + LEASE });
      const back = new Set(expired.map((job) => job.id));
      holds(
        [...leased].every((id) => back.has(id)),
        "A job of the dead process did not come back.",
      );
      // A server may still carry out the last poll that a process sent before it died.
      const others = back.size - leased.size;
      holds(others <= order.limit, "Not just the jobs of the dead process came back.");
      const rest = await t.take({ limit: 10_000, now: T0 + LEASE });
      const lost = 2000 - rest.length - back.size;
      holds(lost === 0 || (others === 0 && lost <= order.limit), "A job was lost with the process.");
    },
  },
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

async function together(helpers: readonly Helper[]): Promise<void> {
  try {
    await Promise.all(helpers.map((helper) => helper.ready));
    for (const helper of helpers) helper.go();
    await Promise.all(helpers.map((helper) => helper.ended));
  } finally {
    await Promise.all(helpers.map((helper) => helper.kill()));
  }
}

async function killedProcess(t: Trial): Promise<void> {
  const jobs = Array.from({ length: 5000 }, (_, i) => t.job({ payload: i }));
  const helper = new Helper({ connection: t.connection(), do: "insert", jobs, now: T0 });
  try {
    await helper.ready;
    helper.go();
    await helper.tells(40);
  } finally {
    await helper.kill();
  }
  const acknowledged = [...helper.ids];
  holds(acknowledged.length >= 40, "The other process acknowledged too few inserts to tell anything.");
  const survivor = await t.reopen();
  const found = await survivor.get(acknowledged);
  const lost = acknowledged.filter((_, i) => found[i] === null);
  same(lost, [], "Inserts that were acknowledged to a process were lost when it was killed.");
  const { items } = await survivor.list({ limit: 10_000, now: T0 });
  same(
    items.map((job) => job.payload),
    items.map((_, i) => i),
    "The store has gaps after a process was killed.",
  );
}

async function crashedHandle(t: Trial): Promise<void> {
  const ids = await t.addAll(Array.from({ length: 100 }, () => ({})));
  await t.crash(t.adapter);
  const survivor = await t.reopen();
  const found = await survivor.get(ids);
  same(
    ids.filter((_, i) => found[i] === null),
    [],
    "Acknowledged inserts were lost in a crash.",
  );
}
