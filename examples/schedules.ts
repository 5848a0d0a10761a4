// Jobs at set times: by a cron pattern in a time zone, or at intervals; exactly one job per tick, however many processes run.
import { openQueue } from "anyqueue";

await using queue = await openQueue("memory:");

// Every process may say this at its start. Where the schedule is so already, nothing is written.
const nightly = await queue.schedule(
  "nightly",
  { cron: "0 3 * * *", tz: "Europe/Berlin" },
  "report.build",
  { deep: true },
  { missed: "once", overlap: "queue", job: { priority: "low", maxAttempts: 5 } },
);
console.log(nightly.name, "ticks at three in the morning:", nightly.next !== null);

// Short ones for this example; `"15m"` would tick at :00, :15, :30 and :45.
await queue.schedule("pulse", { every: "200ms" }, "health.check", null, { missed: "skip", overlap: "skip" });

let beats = 0;
const worker = queue.work({
  "report.build": () => "built",
  "health.check": (job, ctx) => {
    // For which tick it runs, however late that is.
    console.log(job.id.startsWith("default:pulse@"), (ctx.scheduledFor ?? 0) % 200);
    beats++;
  },
});
while (beats < 3) await new Promise((resolve) => worker.once("completed", resolve));

// An operator's verbs; on the command line: anyqueue schedule list | pause | resume | remove.
console.log((await queue.pauseSchedule("pulse"))?.paused);
for (const { name, when, last, paused } of await queue.schedules()) {
  console.log(name, when, paused ? "is paused" : "ticks", last === undefined ? "and never has" : "and has");
}
console.log((await queue.resumeSchedule("pulse"))?.paused);
console.log(await queue.unschedule("pulse"), await queue.unschedule("pulse"));
