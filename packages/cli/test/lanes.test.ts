import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseKeep, showKeep } from "../src/keep-option.ts";
import { plainDuration } from "../src/output/durations.ts";
import { lastDue, rateOption, showRate } from "../src/rate-option.ts";
import { settingsLine } from "../src/lanes/settings.ts";
import { addTo, json, run, scratch } from "./cli.ts";
import { refusal } from "./refusal.ts";

async function store(): Promise<{ url: string }> {
  return { url: `sqlite:${join(await scratch(), "jobs.db")}` };
}

const KEEP = "completed=1d,failed=7d,cancelled=false,count=1000";

describe("lanes", () => {
  it("are set, shown in the words in which they were set, and reset", async () => {
    const at = await store();
    const limits = ["--capacity", "100", "--concurrency", "4", "--rate", "100/m", "--burst", "10"];
    const others = ["--order", "fifo", "--key-concurrency", "2", "--keep", KEEP, "--history", "all", "--paused"];
    const all = `paused, capacity 100, concurrency 4, rate 100/m burst 10, order fifo, key-concurrency 2, keep ${KEEP}, history all`;
    expect(await run(["lanes", "set", "mail", ...limits, ...others], at)).toEqual({
      code: 0,
      stdout: `Lane mail: ${all}.\n`,
      stderr: "Lane mail is new; no job was ever added to it.\n",
    });
    expect((await run(["lanes"], at)).stdout).toMatch(new RegExp(`^mail .* ${all}$`, "m"));
    expect((await run(["lanes", "set", "mail", "--reset", "rate,paused", "--capacity", "7"], at)).stdout).toBe(
      `Lane mail: capacity 7, concurrency 4, order fifo, key-concurrency 2, keep ${KEEP}, history all.\n`,
    );
    expect(await json(["lanes", "set", "mail", "--reset", "all", "--rate", "5/30s"], at)).toEqual({
      lane: "mail",
      settings: { rate: { limit: 5, periodMs: 30_000 } },
    });
    expect(await run(["lanes", "set", "mail", "--reset", "all"], at)).toMatchObject({
      stdout: "Lane mail: nothing is set.\n",
      stderr: "",
    });
  });

  it("are shown one by one", async () => {
    const at = await store();
    await addTo(at.url, { type: "a", payload: 1, options: { id: "a" } });
    await addTo(at.url, { type: "b", payload: 1, options: { dependsOn: ["default:a"] } });
    expect((await run(["lanes", "default"], at)).stdout).toMatch(
      /^lane +default\nsettings +none\n(waiting +1\nblocked +1|blocked +1\nwaiting +1)\noldest due +(now|.* ago)\n$/,
    );
    expect(await json(["lanes", "default"], at)).toMatchObject({ lanes: [{ counts: { waiting: 1, blocked: 1 } }] });
    const { code, stderr } = await run(["lanes", "mial"], at);
    expect([code, stderr]).toEqual([1, "anyqueue: There is no lane mial; there are: default.\n"]);
  });

  it("that are misspelt when they are paused or resumed are told to be new", async () => {
    const at = await store();
    for (const verb of ["pause", "resume"]) {
      const { code, stderr } = await run([verb, `mail-${verb}`], at);
      expect([code, stderr]).toEqual([0, `Lane mail-${verb} is new; no job was ever added to it.\n`]);
    }
    expect((await refusal(["pause", "a b", "--backend", at.url])).message).toContain("must be a lane's name");
  });

  it("are set in memory as well", async () => {
    const { stdout } = await run(["lanes", "set", "mail", "--capacity", "3"], { url: "memory:" });
    expect(stdout).toBe("Lane mail: capacity 3.\n");
  });

  it.each([
    [[], "missing required argument 'lane'"],
    [["mail"], "Say what to set, such as --capacity 1000"],
    [["mail", "--capcity", "3"], "Did you mean --capacity?"],
    [["mail", "--capacity", "0"], "--capacity takes a whole number from 1"],
    [["mail", "--concurrency", "x"], "--concurrency takes a whole number from 1 to 10000"],
    [["mail", "--key-concurrency", "0"], "--key-concurrency takes a whole number from 1"],
    [["mail", "--rate", "10"], "--rate takes so many jobs per time, such as 10/s"],
    [["mail", "--rate", "10/0s"], "--rate takes so many jobs per time"],
    [["mail", "--burst", "3"], "--burst goes with --rate"],
    [["mail", "--rate", "1/s", "--burst", "0"], "--burst takes a whole number from 1"],
    [["mail", "--order", "random"], "Allowed choices are fifo, priority"],
    [["mail", "--history", "none"], "Allowed choices are all, failures"],
    [["mail", "--keep", "7d"], "--keep takes how long jobs are kept"],
    [["mail", "--keep", "completed=7"], "which has no unit"],
    [["mail", "--keep", "completed=soon"], "`keep.completed` must be"],
    [["mail", "--keep", "complete=1d"], "Did you mean `completed`?"],
    [["mail", "--keep", "count=many"], "`keep`: `count` must be a whole number"],
    [["mail", "--reset", "capcity"], "Known are paused, capacity, concurrency"],
    [["mail", "--reset", "rate", "--rate", "1/s"], "--rate sets what --reset rate resets"],
    [["mail", "--reset", "key-concurrency", "--key-concurrency", "2"], "give one of them"],
    [["a b", "--paused"], "must be a lane's name"],
    [["$x", "--paused"], "names that begin with $ are reserved"],
  ])("set %j is refused with the remedy", async (args, sentence) => {
    const { message, exitCode } = await refusal(["--backend", "memory:", "lanes", "set", ...args]);
    expect(message).toContain(sentence);
    expect(exitCode).toBe(2);
  });
});

describe("settings", () => {
  it.each([
    ["10/s", 10, 1000],
    ["100/m", 100, 60_000],
    ["5/30s", 5, 30_000],
    ["1/500ms", 1, 500],
    ["3/2h", 3, 7_200_000],
  ])("a rate of %s is read and shown the same", (text, limit, per) => {
    expect(rateOption("--rate")(text)).toEqual({ limit, per });
    expect(showRate(limit, per)).toBe(text);
  });

  it.each([KEEP, "completed=false", "failed=90s", "cancelled=0", "count=0"])(
    "%s is read and shown the same",
    (text) => {
      const keep = parseKeep(text);
      const inMs: Readonly<Record<string, number>> = { "1d": 86_400_000, "7d": 604_800_000, "90s": 90_000, "0": 0 };
      const stored = Object.entries(keep as Readonly<Record<string, string | number | false>>).map(
        ([name, value]): [string, string | number | false] => [name, inMs[String(value)] ?? value],
      );
      expect(showKeep(Object.fromEntries(stored) as never)).toBe(text);
    },
  );

  it("are one line, and nothing when nothing is set", () => {
    expect(settingsLine({})).toBe("");
    expect(settingsLine({ paused: true, rate: { limit: 1, periodMs: 90_000, burst: 2 } })).toBe(
      "paused, rate 1/90s burst 2",
    );
    expect([0, 1, 1500, 90_000, 86_400_000].map(plainDuration)).toEqual(["0", "1ms", "1500ms", "90s", "1d"]);
  });

  it("a pace tells when the last job is due", () => {
    expect(lastDue(11, { limit: 1, per: 60_000 })).toBe(", the last one due in 10m");
    expect([lastDue(1, { limit: 1, per: 60_000 }), lastDue(9, undefined)]).toEqual(["", ""]);
  });
});
