import { once } from "node:events";
import { isQueueError, type Worker } from "@anyqueue/api";
import type { Case } from "../case.ts";
import { holds, same, sameSet } from "../check.ts";
import { decorate } from "../decorate.ts";
import { DEADLINE } from "../time.ts";

/** What a queue and its workers make of an adapter. Real time passes here, so everything waits for events. */
export const working: readonly Case[] = [
  {
    promise: "P6",
    scenarios: ["S26", "S61", "S85"],
    title: "lets a worker run everything that waits, once, and be idle then",
    async run(t) {
      const queue = await t.queue();
      await queue.addMany([1, 2, 3].map((n) => ({ type: "work.do", payload: n })));
      const seen: unknown[] = [];
      const worker = queue.work({ "work.do": async (job) => void seen.push(job.payload) }, { concurrency: 1 });
      await happens(worker, "idle");
      same(seen, [1, 2, 3], "A worker did not run each job once, in order.");
      const { items } = await queue.list();
      same(
        items.map((job) => job.state),
        ["completed", "completed", "completed"],
        "A job is not completed.",
      );
    },
  },
  {
    promise: "P6",
    scenarios: ["S34", "S91"],
    title: "lets several workers run many jobs, each of them exactly once",
    async run(t) {
      const queues = [await t.queue(), await t.queue(), await t.queue()];
      const [queue] = queues;
      const jobs = Array.from({ length: 300 }, (_, n) => ({ type: "work.do", payload: n }));
      await queue?.addMany(jobs);
      const runs = new Map<unknown, number>();
      const count = async (job: { readonly payload: unknown }) =>
        void runs.set(job.payload, (runs.get(job.payload) ?? 0) + 1);
      const workers = queues.map((each) => each.work({ "work.do": count }, { concurrency: 10 }));
      await Promise.all(workers.map((worker) => happens(worker, "idle")));
      await Promise.all(workers.map((worker) => worker.stop()));
      same(runs.size, 300, "A job was not run.");
      same(
        [...runs.values()].every((times) => times === 1),
        true,
        "A job was run more than once.",
      );
      const [lane] = (await queue?.lanes()) ?? [];
      same(lane?.counts, { completed: 300 }, "Not every job is completed.");
    },
  },
  {
    promise: "P16",
    scenarios: ["S27", "S117"],
    title: "keeps what a handler threw, counts the attempt, and does not lose the job",
    async run(t) {
      const queue = await t.queue();
      const { id } = await queue.add("work.do", null, { backoff: { type: "fixed", delay: "1h" } });
      const worker = queue.work({
        "work.do": () => {
          throw new RangeError("division by zero");
        },
      });
      await happens(worker, "failed");
      await worker.stop();
      const job = await t.read(id);
      same([job.state, job.attempt, "lease" in job], ["waiting", 1, false], "A job whose handler threw is wrong.");
      same([job.error?.message, job.error?.attempt], ["division by zero", 1], "What the handler threw is not kept.");
      holds(job.runAt > job.insertedAt + 3_000_000, "A job whose handler threw does not wait for its backoff.");
    },
  },
  {
    promise: "P15",
    scenarios: ["S28", "S81"],
    title: "tries a job again until its attempts are used up, and keeps every error",
    async run(t) {
      const queue = await t.queue();
      const { id } = await queue.add("work.do", null, { maxAttempts: 3, backoff: { type: "fixed", delay: 0 } });
      let tries = 0;
      const worker = queue.work({
        "work.do": () => {
          tries += 1;
          throw new Error(`broke ${tries}`);
        },
      });
      while (tries < 3) await happens(worker, "failed");
      await worker.stop();
      const job = await t.read(id);
      same([job.state, job.attempt, tries], ["failed", 3, 3], "A job that always fails was not tried three times.");
      const items = await t.log({ id });
      same(
        items.map((event) => event.error?.message),
        ["broke 1", "broke 2", "broke 3"],
        "An error was lost.",
      );
    },
  },
  {
    promise: "P15",
    scenarios: ["S30"],
    title: "charges no attempt when a handler asks to be called again later",
    async run(t) {
      const queue = await t.queue();
      const { id } = await queue.add("work.do", null);
      const worker = queue.work({ "work.do": async (_job, context) => context.snooze("1h") });
      await happens(worker, "idle");
      await worker.stop();
      const job = await t.read(id);
      same([job.state, job.attempt, job.error], ["waiting", 0, undefined], "A job that was put off was charged.");
      holds(job.runAt > job.insertedAt + 3_000_000, "A job that was put off is due at once.");
    },
  },
  {
    promise: "P13a",
    scenarios: ["S38", "S42", "S53"],
    title: "lets a handler replace its job by others, which the same worker runs",
    async run(t) {
      const queue = await t.queue();
      const { id } = await queue.add("split", { parts: 5 });
      const seen: number[] = [];
      const worker = queue.work({
        split: async (_job, context) => {
          for (let n = 0; n < 5; n++) context.spawn("part", n);
        },
        part: async (job) => void seen.push(job.payload as number),
      });
      while (seen.length < 5) await happens(worker, "completed");
      await worker.stop();
      same(
        seen.toSorted((a, b) => a - b),
        [0, 1, 2, 3, 4],
        "Not every successor was run once.",
      );
      same((await t.read(id)).state, "completed", "The job that was replaced is not completed.");
    },
  },
  {
    promise: "P24",
    scenarios: ["S67", "S90"],
    title: "wakes an idle worker of the lane to which a job is added, without waiting for its next poll",
    async run(t) {
      const queue = await t.queue();
      const lanes: string[] = [];
      const worker = queue.work({ "**": async (job) => void lanes.push(job.lane) }, { lanes: ["a"], interval: "1h" });
      await happens(worker, "idle");
      const done = happens(worker, "completed");
      await queue.add("work.do", null, { lane: "b" });
      await queue.add("work.do", null, { lane: "a" });
      await done;
      same(lanes, ["a"], "A worker ran a job of another lane.");
    },
  },
  {
    promise: "P24",
    scenarios: ["S116"],
    title: "runs what was added within the poll interval when every hint is lost",
    async run(t) {
      const deaf = await t.queue(decorate(t.adapter, { subscribe: async () => () => {} }));
      const worker = deaf.work({ "work.do": async () => null }, { interval: 20 });
      await happens(worker, "idle");
      const done = happens(worker, "completed");
      await (await t.queue()).add("work.do", null);
      await done;
    },
  },
  {
    promise: "P14",
    scenarios: ["S84", "S110", "S111", "S119"],
    title:
      "answers the result to whoever waits for it, before and after, also null and false, and no longer than asked",
    async run(t) {
      const queue = await t.queue();
      const { id } = await queue.add("add", [1, 2]);
      const early = await queue.result(id, { timeout: 20 }).catch((error: unknown) => error);
      holds(isQueueError(early, "TIMEOUT"), `Waiting did not end with TIMEOUT but with ${String(early)}.`);
      const waiting = queue.result(id, { timeout: DEADLINE });
      const sum = async (job: { readonly payload: unknown }) => {
        const [a = 0, b = 0] = job.payload as number[];
        return a + b;
      };
      const worker = queue.work({ add: sum, echo: async (job) => job.payload });
      same(await waiting, 3, "Whoever waited did not get the result.");
      same(await queue.result(id, { timeout: DEADLINE }), 3, "Whoever came later did not get the result.");
      for (const value of [null, false]) {
        const echo = await queue.add("echo", value);
        same(await queue.result(echo.id, { timeout: DEADLINE }), value, `The result ${value} was lost.`);
      }
      await worker.stop();
    },
  },
  {
    promise: "P21",
    scenarios: ["S45"],
    title: "cancels a group, telling how many ended at once and how many holders were asked",
    async run(t) {
      const queue = await t.queue();
      const jobs = [1, 2, 3, 4, 5].map((n) => ({ type: "work.do", payload: n, options: { group: "7" } }));
      await queue.addMany(jobs);
      const other = await queue.add("work.do", 6);
      const receipt = await queue.receive();
      holds(receipt !== null, "A job that waits was not received.");
      const counts = await queue.cancel({ group: "7" });
      same(counts, { cancelled: 4, requested: 1 }, "The numbers of cancelled jobs are wrong.");
      const { items } = await queue.list({ states: ["waiting"] });
      sameSet(items, [other.id], "Not just the jobs of the group were cancelled.");
      same((await t.read(receipt.job.id)).cancelRequested, true, "The holder was not asked to stop.");
    },
  },
  {
    promise: "P6",
    scenarios: ["S65", "S69", "S105", "S108"],
    title: "leaves a job where it is when nobody waits for it any more, and gives it to the next who asks",
    async run(t) {
      const queue = await t.queue();
      same(await queue.receive({ wait: 20 }), null, "An empty lane gave a job.");
      const { id } = await queue.add("work.do", "text");
      same((await t.read(id)).state, "waiting", "A job went to a receiver that had given up.");
      const receipt = await queue.receive({ wait: DEADLINE });
      same([receipt?.job.id, receipt?.job.payload], [id, "text"], "The next receiver did not get the job.");
    },
  },
];

/** Waits until a worker tells of something, no longer than the deadline. */
async function happens(worker: Worker, event: "idle" | "completed" | "failed"): Promise<void> {
  try {
    await once(worker, event, { signal: AbortSignal.timeout(DEADLINE) });
  } catch (error) {
    if (!(error instanceof Error && error.name === "AbortError")) throw error;
    throw new Error(`A worker did not come to \`${event}\` within ${DEADLINE} ms.`, { cause: error });
  }
}
