import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openQueue, type Schedule } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { jobsIn, json, run, scratch, says, start } from "./cli.ts";
import { refusal } from "./refusal.ts";

async function store(): Promise<{ url: string }> {
  return { url: `sqlite:${join(await scratch(), "jobs.db")}` };
}

const NIGHTLY = ["schedule", "add", "nightly", "report.build", '{"deep":true}', "--cron", "0 3 * * *"];

describe("schedules on the command line", () => {
  it("are added, listed, paused, resumed and removed", async () => {
    const at = await store();
    const added = await run([...NIGHTLY, "--tz", "Europe/Berlin"], at);
    expect([added.code, added.stderr]).toEqual([0, ""]);
    expect(added.stdout).toMatch(
      /^Schedule nightly: the next tick is at \d{4}-\d\d-\d\dT0[12]:00:00.000Z \(in .+\)\.\n$/,
    );

    expect((await run(["schedule", "list"], at)).stdout).toMatch(
      /^name +when +type +lane +last +next +trouble\nnightly +0 3 \* \* \* Europe\/Berlin +report.build +default +in /,
    );
    const paused = await run(["schedule", "pause", "nightly"], at);
    expect(paused.stdout).toBe("Schedule nightly is paused. End it with: anyqueue schedule resume nightly\n");
    expect((await run(["schedule", "list"], at)).stdout).toMatch(/nightly .*paused\n$/);
    expect((await run(["schedule", "resume", "nightly"], at)).stdout).toContain("the next tick is at");
    expect((await run(["schedule", "remove", "nightly"], at)).stdout).toBe("Schedule nightly is removed.\n");
    expect((await run(["schedule", "list"], at)).stdout).toBe("No schedules.\n");
  });

  it("take all that a program could say, and tell it as JSON", async () => {
    const at = await store();
    const flags = ["--every", "90s", "--start", "2030-01-01T00:00:10Z", "--end", "2031-01-01", "--missed", "all"];
    const more = ["--overlap", "queue", "--lane", "ops", "--priority", "high", "--max-attempts", "2", "--group", "g"];
    const { schedule } = await json<{ schedule: Schedule }>(
      ["schedule", "add", "pulse", "health.check", ...flags, ...more, "--timeout", "5s"],
      at,
    );
    expect(schedule).toEqual({
      name: "pulse",
      when: { every: 90_000, start: Date.parse("2030-01-01T00:00:10Z"), end: Date.parse("2031-01-01") },
      type: "health.check",
      payload: null,
      job: {
        lane: "ops",
        priority: "high",
        maxAttempts: 2,
        group: "g",
        timeoutMs: 5000,
        orderingKey: "schedule:pulse",
      },
      missed: "all",
      overlap: "queue",
      paused: false,
      next: Date.parse("2030-01-01T00:00:10Z"),
    });
    expect(await json(["schedule", "list"], at)).toEqual({ schedules: [schedule] });
    expect(await json(["schedule", "pause", "pulse"], at)).toMatchObject({ schedule: { paused: true, next: null } });
    expect(await json(["schedule", "resume", "pulse"], at)).toMatchObject({ schedule: { paused: false } });
    expect(await json(["schedule", "remove", "pulse"], at)).toEqual({ name: "pulse", removed: true });
  });

  it("are changed by adding them again, and a pause goes on", async () => {
    const at = await store();
    await run(NIGHTLY, at);
    await run(["schedule", "pause", "nightly"], at);
    expect((await run(["schedule", "add", "nightly", "report.build", "--every", "1h"], at)).stdout).toBe(
      "Schedule nightly: it is paused.\n",
    );
    expect(await json(["schedule", "list"], at)).toMatchObject({ schedules: [{ when: { every: 3_600_000 } }] });
  });

  it("that have ended are told to be so", async () => {
    const at = await store();
    const ended = await run([...NIGHTLY, "--end", "2020-01-01"], at);
    expect(ended.stdout).toBe("Schedule nightly: it has ended, there is no tick left.\n");
    expect((await run(["schedule", "list"], at)).stdout).toMatch(/nightly .*ended\n$/);
    expect((await run(["schedule", "pause", "nightly"], at)).stdout).toContain("there is nothing to pause");
  });

  it("tick while `work` runs, and no longer when they are paused", async () => {
    const at = await store();
    const module = join(await scratch(), "handlers.mjs");
    await writeFile(module, "export default { beat: (job, ctx) => { console.log('tick', ctx.scheduledFor % 100); } };");
    const worker = start(["work", module], at);
    await json(["schedule", "add", "pulse", "beat", "--every", "100ms"], at);
    await says(worker, "tick 0");
    expect(await json(["schedule", "pause", "pulse"], at)).toMatchObject({ schedule: { paused: true } });
    worker.kill("SIGTERM");
    expect((await worker.ended).code).toBe(0);
    const jobs = await jobsIn(at.url);
    expect(new Set(jobs.map(({ id }) => id.replace(/@.*/, "")))).toEqual(new Set(["default:pulse"]));
  });

  it("are refused by a name that is not there, with exit code 1", async () => {
    const at = await store();
    await using queue = await openQueue(at.url);
    expect(await queue.schedules()).toEqual([]);
    for (const verb of ["pause", "resume", "remove"]) {
      const { code, message } = await refusal(["schedule", verb, "nope", "--backend", at.url]);
      expect([code, message]).toEqual(["MISSING", "There is no schedule nope; see `anyqueue schedule list`."]);
    }
    expect((await run(["schedule", "remove", "nope", "--json"], at)).code).toBe(1);
  });

  it.each([
    [["schedule", "add", "a", "b"], "--cron '0 3 * * *' or by --every 15m"],
    [["schedule", "add", "a", "b", "--every", "1m", "--start", "2027-01-01T00:00"], "--start takes a time such as"],
    [["schedule", "add", "a", "b", "--cron", "0 3 * * *", "--every", "1m"], "Give --cron or --every, not both"],
    [["schedule", "add", "a", "b", "--cron", "0 3 * *"], "`cron` must have five fields"],
    [["schedule", "add", "a", "b", "--cron", "0 3 * * *", "--tz", "Europe/Berln"], "Did you mean `Europe/Berlin`?"],
    [["schedule", "add", "a", "b", "--every", "1x"], "`every` must be milliseconds or a duration"],
    [["schedule", "add", "a", "b", "--every", "1m", "--tz", "UTC"], "--tz goes with --cron"],
    [["schedule", "add", "a", "b", "--every", "1m", "--start", "soon"], "--start takes a time such as"],
    [["schedule", "add", "a", "b", "--every", "1m", "--end", "7"], "--end takes a time such as"],
    [["schedule", "add", "a", "b", "--every", "1m", "--missed", "some"], "skip, once, all"],
    [["schedule", "add", "a", "b", "--every", "1m", "--overlap", "never"], "allow, skip, queue"],
    [["schedule", "add", "a", "b", "--every", "1m", "--missed", "all", "--overlap", "skip"], "only the first"],
    [["schedule", "add", "a", "b", "{x}", "--every", "1m"], "The payload is not JSON"],
    [["schedule", "add", "a"], "missing required argument 'type'"],
    [["schedule", "pause"], "missing required argument 'name'"],
    [["schedule", "lsit"], "Did you mean list?"],
  ])("%s is refused with the remedy", async (args, message) => {
    const failure = await refusal([...args, "--backend", "memory:"]);
    expect([failure.exitCode, failure.message]).toEqual([2, expect.stringContaining(message)]);
  });
});
