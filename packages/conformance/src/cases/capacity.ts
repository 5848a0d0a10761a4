import type { InsertOutcome } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, sameIds } from "../check.ts";
import { storeAtomic } from "../needs.ts";
import { HOUR, T0 } from "../time.ts";
import type { Trial, Wish } from "../trial.ts";

/** P19: how many unfinished jobs a lane takes. */
export const capacity: readonly Case[] = [
  {
    promise: "P19",
    scenarios: ["S106", "S107"],
    title: "takes as many jobs as the lane's `capacity` says, and answers `full` for every other one, storing nothing",
    async run(t) {
      await t.adapter.configure("main", { capacity: 2 });
      const jobs = [t.job(), t.job(), t.job()];
      const outcomes = await t.adapter.insert(jobs, { now: T0 });
      same(statuses(outcomes), ["added", "added", "full"], "A call did not take just what its lane has room for.");
      same(outcomes[2], { status: "full" }, "An outcome tells more than that the lane is full.");
      same(await tries(t, [{}, {}]), ["full", "full"], "A full lane took another job.");
      const { items } = await t.adapter.list({ limit: 9, now: T0 });
      sameIds(
        items,
        jobs.slice(0, 2).map((job) => job.id),
        "A job was stored that was not added.",
      );
      const [lane] = await t.adapter.lanes({ now: T0 });
      same(lane?.counts, { waiting: 2 }, "Jobs that were not added are counted.");
      same(await tries(t, [{ lane: "side" }]), ["added"], "A full lane held up another one.");
    },
  },
  {
    promise: "P19",
    title: "counts unfinished jobs of every state against the capacity: delayed, held, blocked, or of a custom state",
    async run(t) {
      await t.adapter.configure("main", { capacity: 5 });
      const [first] = await t.addAll([{}, { delayMs: HOUR }, { state: "fetched" }, {}]);
      const blocked = { dependsOn: [first], onParent: "cancel" } as const;
      same(await tries(t, [blocked, {}]), ["added", "full"], "A blocked job is not counted.");
      await t.take({ limit: 9 });
      await t.advance({ from: "fetched", to: "parsed" });
      same(await tries(t, [{}]), ["full"], "Jobs that moved on are not counted.");
    },
  },
  {
    promise: "P19",
    title: "has room for another job when one ends or is removed, and not when one is handed back",
    async run(t) {
      await t.adapter.configure("main", { capacity: 4 });
      const [a, b, c, d] = await t.addAll([{}, {}, { state: "old" }, {}]);
      const held = await t.claim();
      same(await tries(t, [{}]), ["full"], "A job that is held is not counted.");
      await t.apply({ id: a, expect: { token: held.token }, set: { state: "waiting", delayMs: HOUR } });
      same(await tries(t, [{}]), ["full"], "A job that was handed back is not counted.");
      await t.apply({ id: a, expect: { state: "waiting" }, set: { state: "failed" } });
      same(await tries(t, [{}, {}]), ["added", "full"], "A job that failed is counted.");
      await t.apply({ id: b, expect: { state: "waiting" }, set: { cancel: true } });
      same(await tries(t, [{}, {}]), ["added", "full"], "A job that was cancelled is counted.");
      await t.advance({ from: "old", to: "completed" });
      same(await tries(t, [{}, {}]), ["added", "full"], "A job that a poll completed is counted.");
      await t.adapter.remove({ ids: [c, d] });
      same(await tries(t, [{}, {}]), ["added", "full"], "A job that was removed is counted, or a finished one was.");
    },
  },
  {
    promise: "P19",
    title: "answers `existing` for a job that is kept or whose key is held, also when the lane is full",
    async run(t) {
      await t.adapter.configure("main", { capacity: 1 });
      const job = t.job({ unique: { key: "k", until: "finished" } });
      const double = t.job({ unique: { key: "k", until: "finished" } });
      const outcomes = await t.adapter.insert([job, job, double, t.job()], { now: T0 });
      same(statuses(outcomes), ["added", "existing by id", "existing by unique", "full"], "Verdicts are out of order.");
      const again = await t.adapter.insert([double, job], { now: T0 });
      same(statuses(again), ["existing by unique", "existing by id"], "A full lane hides what exists.");
    },
  },
  {
    promise: "P19",
    title: "decides about every job of a call by itself, lane by lane",
    async run(t) {
      await t.adapter.configure("main", { capacity: 2 });
      await t.adapter.configure("side", { capacity: 1 });
      const side = { lane: "side" };
      const free = { lane: "free" };
      const answers = await tries(t, [side, {}, free, side, {}, free, {}, side, {}]);
      const expected = ["added", "added", "added", "full", "added", "added", "full", "full", "full"];
      same(answers, expected, "One lane's capacity decided for another one.");
    },
  },
  {
    promise: "P19",
    title: "adds none of the jobs of an `allOrNone` call when a lane has no room for all of its own",
    needs: storeAtomic,
    async run(t) {
      await t.adapter.configure("main", { capacity: 3 });
      await t.add();
      const call = (wishes: readonly Wish[]) =>
        t.adapter.insert(
          wishes.map((wish) => t.job(wish)),
          { now: T0, allOrNone: true },
        );
      const outcomes = await call([{ lane: "side" }, {}, {}, {}, { lane: "side" }]);
      const expected = ["skipped", "skipped", "skipped", "full", "skipped"];
      same(statuses(outcomes), expected, "An outcome of `allOrNone` is wrong.");
      same((await t.adapter.list({ limit: 9, now: T0 })).items.length, 1, "`allOrNone` added some of the jobs.");
      same(statuses(await call([{}, {}])), ["added", "added"], "What was tried in vain took up room.");
    },
  },
  {
    promise: "P19",
    title: "lets spawned and retried jobs into a full lane, and counts them from then on",
    async run(t) {
      await t.adapter.configure("main", { capacity: 1 });
      const id = await t.add();
      const held = await t.claim();
      const spawn = [t.job(), t.job()];
      const outcome = await t.apply({ id, expect: { token: held.token }, set: { state: "completed" }, spawn });
      same(
        outcome.spawned,
        spawn.map((job) => job.id),
        "A full lane refused a spawned job.",
      );
      await t.apply({ id, expect: { state: "completed" }, set: { state: "waiting" } });
      same((await t.take({ limit: 9 })).length, 3, "A spawned or retried job is missing.");
      for (const job of [...spawn, await t.read(id)]) {
        same(await tries(t, [{}]), ["full"], "A spawned or retried job is not counted.");
        await t.apply({ id: job.id, expect: { state: "active" }, set: { state: "completed" } });
      }
      same(await tries(t, [{}, {}]), ["added", "full"], "The lane has room for one job.");
    },
  },
  {
    promise: "P19",
    title: "binds by the capacity as it is now: lowered it removes nothing, raised or reset it lets jobs in",
    async run(t) {
      await t.addAll([{}, {}, {}]);
      await t.adapter.configure("main", { capacity: 2 });
      same(await tries(t, [{}]), ["full"], "A capacity below what the lane holds is not kept.");
      same((await t.adapter.list({ limit: 9, now: T0 })).items.length, 3, "Lowering the capacity removed a job.");
      await t.complete(await t.claim());
      same(await tries(t, [{}]), ["full"], "A lane with as many jobs as its capacity says took another one.");
      await t.adapter.configure("main", { capacity: 3, paused: true });
      same(await tries(t, [{}, {}]), ["added", "full"], "A capacity that was raised is not kept.");
      await t.adapter.configure("main", { capacity: null });
      same(await tries(t, [{}, {}]), ["added", "added"], "A capacity that was reset still holds.");
    },
  },
  {
    promise: "P19",
    title: "takes just as many of a large call as there is room for",
    async run(t) {
      await t.adapter.configure("main", { capacity: 1200 });
      const answers = await tries(
        t,
        Array.from({ length: 2000 }, () => ({})),
      );
      const expected = answers.map((_, i) => (i < 1200 ? "added" : "full"));
      same(answers, expected, "A large call did not fill its lane exactly, in array order.");
      const jobs = await t.take({ limit: 500 });
      const changes = jobs.map(({ id, token }) => ({ id, expect: { token }, set: { state: "completed" } }));
      await t.adapter.cas(changes, { now: T0 });
      const more = await tries(
        t,
        Array.from({ length: 600 }, () => ({})),
      );
      same(
        more.filter((each) => each === "added").length,
        500,
        "A lane was not filled again as far as it had emptied.",
      );
    },
  },
];

/** Inserts jobs in one call and answers what became of each. */
export async function tries(t: Trial, wishes: readonly Wish[]): Promise<string[]> {
  return statuses(
    await t.adapter.insert(
      wishes.map((wish) => t.job(wish)),
      { now: T0 },
    ),
  );
}

/** What became of jobs, in one word each. */
export function statuses(outcomes: readonly InsertOutcome[]): string[] {
  return outcomes.map((each) => (each.status === "existing" ? `existing by ${each.by}` : each.status));
}
