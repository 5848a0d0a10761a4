// Flows: jobs that wait for others, added in one step.
import { defineJobs, openQueue } from "anyqueue";
import { Type } from "typebox";

const jobs = defineJobs({
  "page.fetch": { payload: Type.Object({ url: Type.String() }), result: Type.Object({ words: Type.Integer() }) },
  "site.report": { payload: Type.Object({ title: Type.String() }), result: Type.Object({ words: Type.Integer() }) },
  "code.step": { payload: Type.String() },
  "site.crawl": { payload: Type.Array(Type.String()) },
});

await using queue = await openQueue("memory:", { jobs });

const worker = queue.work({
  "page.fetch": ({ payload }) => {
    if (payload.url === "/gone") throw new Error("404");
    return { words: payload.url.length * 100 };
  },
  // The results of its children, typed, in their order.
  "site.report": async ({ payload }, ctx) => {
    const pages = await ctx.dependencies<"page.fetch">();
    for (const { state, error } of pages)
      if (error) console.log(`${payload.title}: one page is ${state}, ${error.message}`);
    return { words: pages.reduce((sum, { result }) => sum + (result?.words ?? 0), 0) };
  },
  "code.step": ({ payload }) => console.log(payload),
  // For each page a job: they exist exactly if this one completes.
  "site.crawl": ({ payload }, ctx) => ctx.replaceWith(payload.map((url) => ({ type: "page.fetch", payload: { url } }))),
});

// A tree: children run before their parent.
const report = await queue.flow({
  type: "site.report",
  payload: { title: "all of it" },
  children: ["/", "/about", "/news"].map((url) => ({ type: "page.fetch" as const, payload: { url } })),
});
// `existing`, with nothing added, when some of its jobs are there already, by an id or a unique key of your own.
if (report.status === "added") console.log(await queue.result<"site.report">(report.id, { timeout: "10s" }));

// By default a job is cancelled when one that it waits for fails. `release` lets it go on without.
const gone = { type: "page.fetch" as const, payload: { url: "/gone" }, options: { maxAttempts: 1 } };
const partial = await queue.flow({
  type: "site.report",
  payload: { title: "what there is" },
  options: { onParent: "release" },
  children: [gone, { type: "page.fetch", payload: { url: "/" } }],
});
if (partial.status === "added") console.log(await queue.result<"site.report">(partial.id, { timeout: "10s" }));

// A graph: jobs by names of your own, each after others.
const build = await queue.flow({
  jobs: {
    checkout: { type: "code.step", payload: "checkout" },
    lint: { type: "code.step", payload: "lint", after: ["checkout"] },
    test: { type: "code.step", payload: "test", after: ["checkout"] },
    deploy: { type: "code.step", payload: "deploy", after: ["lint", "test"] },
  },
});
if (build.status === "added") await queue.result(build.ids.deploy, { timeout: "10s" });

// A job may wait for any that are there already.
const crawl = await queue.add("site.crawl", ["/a", "/b"]);
const after = await queue.add("code.step", "crawled: its pages may still be on their way", { dependsOn: [crawl.id] });
await queue.result(after.id, { timeout: "10s" });
await worker.idle();
console.log((await queue.list({ types: ["page.fetch"], states: ["completed"] })).items.length, "pages fetched");
