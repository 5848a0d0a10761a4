import type { Adapter } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { same, status } from "../check.ts";
import { durable, shared, transactional } from "../needs.ts";
import { T0 } from "../time.ts";
import type { Trial } from "../trial.ts";
import { statuses, tries } from "./capacity.ts";

/** P19 when many add to a lane at the same time, in a transaction, or after the store was closed. */
export const capacityRaces: readonly Case[] = [
  {
    promise: "P19",
    scenarios: ["S106"],
    title: "takes no job too many, and none too few, when many are added at the same time",
    async run(t) {
      await fillTogether(t, Array<Adapter>(10).fill(t.adapter));
    },
  },
  {
    promise: "P19",
    scenarios: ["S106"],
    title: "takes no job too many, and none too few, when ten adders on several handles add at the same time",
    needs: shared,
    async run(t) {
      const handles = [t.adapter, await t.reopen(), await t.reopen(), await t.reopen(), await t.reopen()];
      await fillTogether(t, [...handles, ...handles]);
    },
  },
  {
    promise: "P19",
    scenarios: ["S113"],
    title: "counts the jobs of a transaction within it, and gives their places back when it is rolled back",
    needs: transactional,
    async run(t) {
      await t.adapter.configure("main", { capacity: 2 });
      const insert = async (tx: never) => statuses(await t.adapter.insert([t.job()], { now: T0, tx }));
      await t
        .transaction(async (tx) => {
          const answers = [await insert(tx), await insert(tx), await insert(tx)];
          same(answers.flat(), ["added", "added", "full"], "A transaction does not count its own jobs.");
          throw new Error("roll back");
        })
        .catch(() => {});
      same((await t.adapter.list({ limit: 9, now: T0 })).items, [], "A job outlived the rollback of its transaction.");
      await t.transaction(async (tx) => void (await insert(tx)));
      same(
        await tries(t, [{}, {}]),
        ["added", "full"],
        "After a rollback and a commit, the lane has room for one job.",
      );
    },
  },
  {
    promise: "P19",
    title: "keeps the capacity, and counts what it holds, over a close and another open",
    needs: durable,
    async run(t) {
      await t.adapter.configure("main", { capacity: 2 });
      await t.addAll([{}, {}]);
      await t.complete(await t.claim());
      await t.adapter.close();
      const again = await t.reopen();
      const outcomes = await again.insert([t.job(), t.job()], { now: T0 });
      same(statuses(outcomes), ["added", "full"], "The capacity was forgotten while the store was closed.");
    },
  },
];

/** Adds by each of these handles at once more than the lane has room for, empties a part, and adds again. */
async function fillTogether(t: Trial, adders: readonly Adapter[]): Promise<void> {
  await t.adapter.configure("main", { capacity: 25 });
  const wishes = [1, 2, 3];
  const add = async (handle: Adapter): Promise<string[]> => {
    const answers = [
      await handle.insert(
        wishes.map(() => t.job()),
        { now: T0 },
      ),
      await handle.insert([t.job()], { now: T0 }),
    ];
    return answers.flatMap(statuses);
  };
  for (const room of [25, 7]) {
    const answers = (await Promise.all(adders.map(add))).flat();
    same(
      answers.filter((each) => each === "added").length,
      room,
      "A lane took more or fewer jobs than it has room for.",
    );
    same(answers.filter((each) => each === "full").length, adders.length * 4 - room, "An outcome is wrong.");
    const { items } = await t.adapter.list({ states: ["waiting"], limit: 99, now: T0 });
    same(items.length, 25, "The lane holds more or fewer jobs than were added.");
    const jobs = await t.take({ limit: 7 });
    for (const job of jobs) status(await t.complete(job), "ok", "A job could not be completed.");
  }
}
