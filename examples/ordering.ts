// Ordering keys: jobs of one key run one at a time, in the order in which they were added. Other keys run beside them.
import { setTimeout as sleep } from "node:timers/promises";
import { defineJobs, openQueue } from "anyqueue";
import { Type } from "typebox";

const jobs = defineJobs({
  "account.book": {
    payload: Type.Object({ account: Type.String(), amount: Type.Integer() }),
    // Or `orderingKey: "…"` in the options of `add`.
    orderingKey: ({ account }: { account: string }) => account,
    backoff: { type: "fixed", delay: "50ms" },
  },
  "film.cut": {},
});

await using queue = await openQueue("memory:", { jobs });

const balance: Record<string, number> = { ada: 0, bob: 0 };
const worker = queue.work(
  {
    "account.book": async ({ payload: { account, amount }, attempt }) => {
      // A job that is tried again keeps its turn: nobody behind it overtakes.
      if (amount === 50 && attempt === 1) throw new Error("the bank did not answer");
      const before = balance[account] ?? 0;
      await sleep(5); // Without the key, two jobs of one account would read the same balance here.
      if (before + amount < 0) throw new Error(`${account} has only ${before}`);
      balance[account] = before + amount;
      console.log(`${account} ${amount} → ${balance[account]}`);
    },
    "film.cut": ({ payload }) => console.log("cut", payload),
  },
  { concurrency: 8 },
);

for (const amount of [100, 50, -120]) {
  for (const account of ["ada", "bob"]) await queue.add("account.book", { account, amount });
}
const done = (): Promise<unknown> => new Promise((resolve) => worker.once("completed", resolve));
while (balance["ada"] !== 30 || balance["bob"] !== 30) await done();

// A lane in which everything runs strictly in order: later inserts without a key get a common one.
await queue.lane("films").configure({ order: "fifo" });
await queue.addMany([1, 2, 3].map((scene) => ({ type: "film.cut", payload: scene, options: { lane: "films" } })));
await worker.idle();

// Two at a time for each key: then the order is that in which they start.
await queue.lane("films").configure({ keyConcurrency: 2 });
console.log((await queue.lane("films").status()).settings);
