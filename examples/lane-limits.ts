// What a lane lets through: how many jobs wait in it, how many run at once, how many start per time. In all processes.
import { setTimeout as sleep } from "node:timers/promises";
import { isQueueError, openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

// Back-pressure: beyond its capacity a lane takes no more, and the producer hears of it.
const crawl = queue.lane("crawl");
await crawl.configure({ capacity: 3 });
for (let page = 1; page <= 4; page++) {
  try {
    await queue.add("page.fetch", page, { lane: "crawl" });
  } catch (error) {
    if (!isQueueError(error, "LANE_FULL")) throw error;
    console.log(error.message);
  }
}
// Many at once: each has its own outcome, or with `allOrNone` all of them wait for room.
console.log(await queue.addMany([{ type: "page.fetch", payload: 5, options: { lane: "crawl" } }]));

// One database that bears two heavy queries, however many workers there are on however many machines.
await queue.lane("reports").configure({ concurrency: 2 });
let running = 0;
let most = 0;
const heavy = async (): Promise<void> => {
  most = Math.max(most, ++running);
  await sleep(10);
  running--;
};
for (let n = 0; n < 10; n++) await queue.add("report.build", n, { lane: "reports" });
const workers = [1, 2].map(() => queue.work({ "report.build": heavy, "page.fetch": () => undefined }));
await Promise.all(workers.map((worker) => worker.idle()));
while ((await queue.lane("reports").status()).counts["completed"] !== 10) await sleep(10);
console.log(`at most ${most} at once`);

// A service that allows ten calls a second: evenly, and three at once after a pause.
await queue.lane("api").configure({ rate: { limit: 10, per: "1s", burst: 3 } });
const started = Date.now();
const worker = queue.work({ "api.call": () => Date.now() - started }, { lanes: ["api"] });
const ids: string[] = [];
for (let n = 0; n < 6; n++) ids.push((await queue.add("api.call", n, { lane: "api" })).id);
const times = await Promise.all(ids.map((id) => queue.result(id, { timeout: "10s" })));
console.log("the last call began after about", Math.round((times.at(-1) as number) / 100) * 100, "ms");
await worker.stop();

// How it stands; `null` sets a limit back.
await queue.lane("api").configure({ rate: null, keep: { completed: "1h", count: 1000 } });
console.log(await queue.lane("api").status());
