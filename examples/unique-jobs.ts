// Unique jobs: one at a time of each kind, and what an add does when there is one already.
import { defineJobs, openQueue } from "anyqueue";
import { Type } from "typebox";

const jobs = defineJobs({
  // However often it is asked for, a report of a day is waiting or being built at most once.
  "report.build": { payload: Type.Object({ day: Type.String() }), unique: true },
  // A debounce: each edit puts the indexing of its page off, and the last one counts.
  "page.index": {
    payload: Type.Object({ page: Type.Integer(), text: Type.String() }),
    unique: { fields: ["page"], until: "started", on: "replace" },
  },
  // A batch: ids are gathered while the job waits; once it has started, the next one begins.
  "mail.digest": {
    payload: Type.Object({ ids: Type.Array(Type.Integer()) }),
    unique: { key: "all", until: "started", on: "merge" },
  },
});

await using queue = await openQueue("memory:", { jobs });

const report = await queue.add("report.build", { day: "2030-01-31" });
const again = await queue.add("report.build", { day: "2030-01-31" });
console.log(again.status, again.id === report.id);

await queue.add("page.index", { page: 7, text: "first draft" }, { delay: "200ms" });
await queue.add("page.index", { page: 7, text: "better" }, { delay: "200ms" });
const last = await queue.add("page.index", { page: 7, text: "final" }, { delay: "200ms" });
console.log(last.status, (await queue.get(last.id))?.payload);

// Adds that are in flight together become one change. None is lost, also while workers take the jobs away.
const adds = await Promise.all([1, 2, 3, 4, 5].map((id) => queue.add("mail.digest", { ids: [id] })));
console.log(adds.map(({ status }) => status));

const worker = queue.work({
  "report.build": ({ payload }) => console.log("building", payload.day),
  "page.index": ({ payload }) => console.log("indexing", payload.text),
  "mail.digest": ({ payload }) => console.log("mailing", payload.ids),
});
await queue.result(last.id, { timeout: "10s" });
await worker.idle();

// It has finished, so it can be asked for again. `unique: false` would not even look.
console.log((await queue.add("report.build", { day: "2030-01-31" })).status);
