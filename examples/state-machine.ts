// A pipeline with states of its own, one level below handlers: each stage polls one state and moves jobs to the next.
// The store keeps the same promises here as for `waiting` and `active`: leases, fencing, retries, order.
import { openQueue, type Job } from "anyqueue";

await using queue = await openQueue("memory:");

// Custom states can be first states too. `progress` is the JSON that travels beside the state.
await queue.insert([
  { type: "page", payload: { url: "https://example.com/a" }, state: "new" },
  { type: "page", payload: { url: "https://example.com/b" }, state: "new" },
  { type: "page", payload: { url: "ftp://example.com/c" }, state: "new" },
]);

/** Takes one job from a state; while the lease lives nobody else gets it, afterwards it returns to `from`. */
async function take(from: string, to: string): Promise<Job | undefined> {
  const { jobs } = await queue.poll({ from, to, limit: 1, lease: { ms: 30_000, holder: "example" } });
  return jobs[0];
}

for (let job = await take("new", "fetching"); job; job = await take("new", "fetching")) {
  const { url } = job.payload as { url: string };
  // The token of the lease goes with the change: whoever lost the lease meanwhile is answered `stale`, and nothing is written.
  const expect = { token: job.token };
  const set = url.startsWith("https:")
    ? { state: "fetched", progress: { words: url.length } }
    : { state: "rejected", error: { message: `cannot fetch ${url}` } };
  const [outcome] = await queue.cas([{ id: job.id, expect, set, event: { stage: "fetch" } }]);
  console.log(url, "→", set.state, outcome?.status);
}

for (let job = await take("fetched", "indexing"); job; job = await take("fetched", "indexing")) {
  const [outcome] = await queue.cas([
    {
      id: job.id,
      // Besides the token, anything in the job can be expected, as data.
      expect: { token: job.token, where: { "progress.words": { gt: 0 } } },
      set: { state: "completed", result: job.progress ?? null },
      // Inserted in the same step: either the page is completed and this job exists, or neither.
      spawn: [{ type: "notify", payload: { about: job.id } }],
    },
  ]);
  console.log(job.id, outcome?.status);
}

// A lost race is an answer, not an exception.
const { items } = await queue.list({ states: ["completed"], types: ["page"] });
const [late] = await queue.cas([{ id: items[0]?.id ?? "", expect: { state: "fetched" }, set: { state: "new" } }]);
console.log("too late:", late?.status);

const [{ counts } = { counts: {} }] = await queue.lanes();
console.log(counts);
