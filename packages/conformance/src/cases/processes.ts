import type { Case } from "../case.ts";
import { holds, same } from "../check.ts";
import { crashProof, sharedByProcesses } from "../needs.ts";
import { Helper } from "../processes/helper.ts";
import { together } from "../processes/together.ts";
import { LEASE, T0 } from "../time.ts";
import type { Trial } from "../trial.ts";

/** Who holds a job, and what is stored, where several processes share a store. */
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
];

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
