import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openQueue } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { LineRanges } from "../src/add/line-ranges.ts";
import { addTo, jobsIn, json, run, scratch } from "./cli.ts";
import { refusal } from "./refusal.ts";

async function store(): Promise<{ url: string; folder: string }> {
  const folder = await scratch();
  return { url: `sqlite:${join(folder, "jobs.db")}`, folder };
}

async function full(url: string, lane: string, capacity: number): Promise<void> {
  await using queue = await openQueue(url);
  await queue.lane(lane).configure({ capacity });
}

describe("add", () => {
  it("keeps, replaces or merges into the job with the unique key, and tells which", async () => {
    const { url } = await store();
    const add = (payload: string, ...options: string[]) =>
      json<{ id: string; status: string }>(["add", "index", payload, "--unique", "users", ...options], { url });
    const first = await add("[1]");
    expect(first.status).toBe("added");
    expect(await add("[2]")).toEqual({ id: first.id, status: "existing", by: "unique" });
    expect(await add("[3]", "--on", "merge")).toEqual({ id: first.id, status: "merged" });
    expect(await add("[4]", "--on", "replace", "--delay", "1h")).toEqual({ id: first.id, status: "replaced" });
    const [job, ...others] = await jobsIn(url);
    expect(others).toEqual([]);
    expect(job).toMatchObject({ payload: [4], unique: { key: "index:users", until: "finished" } });
    expect((job?.runAt ?? 0) - Date.now()).toBeGreaterThan(3_500_000);
  });

  it("says to a person what became of a unique job", async () => {
    const { url } = await store();
    const add = (...options: string[]) => run(["add", "index", "[1]", "--unique=users", ...options], { url });
    const { stdout: id } = await add();
    const there = (await jobsIn(url))[0]?.id;
    expect(id).toBe(`${there}\n`);
    expect(await add()).toEqual({
      code: 0,
      stdout: id,
      stderr: "The job with this unique key is there already (waiting); nothing was changed.\n",
    });
    expect((await add("--on", "merge")).stderr).toContain("the payload was merged into its own, and none was added");
    expect((await add("--on", "replace")).stderr).toContain("it was replaced, and none was added");
    await using queue = await openQueue(url);
    const receipt = await queue.receive();
    expect((await add("--on", "merge")).stderr).toBe(
      "The job with this unique key is active, so it stays as it is; nothing was changed.\n",
    );
    await receipt?.complete(null);
    expect(await add()).toMatchObject({ code: 0, stderr: "" });
  });

  it("takes every option of keys, dependencies and retention", async () => {
    const { url } = await store();
    await addTo(
      url,
      { type: "a", payload: null, options: { id: "a" } },
      { type: "a", payload: null, options: { id: "b" } },
    );
    const unique = ["--unique-fields", "user.id,kind", "--unique-until", "10m"];
    const graph = ["--depends-on", "default:a,default:b", "--on-parent", "leave"];
    const others = ["--ordering-key", "ada", "--keep", "completed=1h,failed=false"];
    const added = await json<{ id: string }>(
      ["add", "mail", '{"user":{"id":7},"kind":1}', ...unique, ...graph, ...others],
      { url },
    );
    expect(added).toMatchObject({ status: "added", state: "blocked" });
    expect((await jobsIn(url)).find(({ id }) => id === added.id)).toMatchObject({
      state: "blocked",
      dependsOn: ["default:a", "default:b"],
      onParent: "leave",
      orderingKey: "ada",
      keep: { completed: 3_600_000, failed: false },
      unique: { until: { windowMs: 600_000 } },
    });
  });

  it("warns that a job was cancelled at once, since what it depends on is not there", async () => {
    const { url } = await store();
    const { code, stderr } = await run(["add", "a", "--depends-on", "default:nope"], { url });
    expect(stderr).toContain("It was cancelled at once: a job that it depends on is not there");
    expect(code).toBe(0);
    expect(await json(["add", "a", "--depends-on", "default:nope"], { url })).toMatchObject({ state: "cancelled" });
  });

  it("fails when the lane is full, and says what to do", async () => {
    const { url, folder } = await store();
    await full(url, "tiny", 1);
    const config = { jobs: { a: { lane: "tiny" } } };
    await writeFile(join(folder, "anyqueue.config.json"), JSON.stringify(config));
    expect((await run(["add", "a", "--lane", "tiny"], { url })).code).toBe(0);
    const sentence =
      "Lane tiny is full. The job was not added: try again when workers have finished some, or raise the capacity: anyqueue lanes set tiny --capacity <n>";
    expect(await run(["add", "a", "--id", "tiny:x"], { url })).toEqual({
      code: 1,
      stdout: "",
      stderr: `anyqueue: ${sentence}\n`,
    });
    const { code, stdout } = await run(["add", "a", "--json"], { url, cwd: folder });
    expect([code, JSON.parse(stdout)]).toEqual([1, { error: { code: "LANE_FULL", message: sentence } }]);
    expect((await run(["add", "a", "-"], { url, cwd: folder, input: "1\n" })).stderr).toContain("Lane tiny is full.");
  });

  it("counts what became of the lines of a file: added, there already, replaced, merged, not added to a full lane", async () => {
    const { url } = await store();
    await full(url, "tiny", 1);
    const input = [
      { type: "a", id: "x" },
      { type: "a", id: "x" },
      ...[1, 2, 3].map((n) => ({ type: "m", payload: [n], unique: { key: "k", on: "merge" } })),
      ...[1, 2].map((n) => ({ type: "r", payload: n, unique: { key: "k", until: { window: "1h" }, on: "replace" } })),
      ...[1, 2, 3].map((payload) => ({ type: "a", lane: "tiny", payload })),
      {
        type: "a",
        payload: 1,
        orderingKey: "k",
        keep: { completed: "1h" },
        dependsOn: ["default:x"],
        onParent: "release",
      },
      { type: "a", lane: "tiny" },
    ]
      .map((line) => JSON.stringify(line))
      .join("\n");
    const { code, stdout, stderr } = await run(["add", "-"], { url, input });
    expect(stdout).toBe("Added 5 jobs, 1 there already, 1 replaced, 2 merged, 3 not added to full lanes.\n");
    expect(stderr).toContain("Lane tiny is full. Lines 9–10, 12 were not added: try again");
    expect(code).toBe(1);
    expect(await jobsIn(url)).toMatchObject([
      { id: "default:x" },
      { type: "m", payload: [1, 2, 3] },
      { type: "r", payload: 2, unique: { until: { windowMs: 3_600_000 } } },
      { lane: "tiny", payload: 1 },
      { state: "blocked", orderingKey: "k", keep: { completed: 3_600_000 }, onParent: "release" },
    ]);
    expect(await json(["add", "-"], { url, input: '{"type":"a","lane":"tiny"}' })).toEqual({
      added: 0,
      existing: 0,
      replaced: 0,
      merged: 0,
      full: 1,
      refused: 0,
      lines: [],
      fullLines: { tiny: [[1, 1]] },
      interrupted: false,
    });
  });

  it("takes the time of a line as JSON writes a Date", async () => {
    const { url } = await store();
    const lines = ["2030-01-01T00:00:00.000Z", "2030-13-01", "soon"].map((runAt) =>
      JSON.stringify({ type: "a", runAt }),
    );
    const { stderr } = await run(["add", "-", "--skip-bad"], { url, input: lines.join("\n") });
    expect(stderr).toMatch(/line 2: .*`runAt` must be a valid Date.*\nline 3: .*`runAt` must be/);
    expect(await jobsIn(url)).toMatchObject([{ runAt: Date.parse("2030-01-01") }]);
  });

  it("applies the command line's options to lines that do not say otherwise", async () => {
    const { url } = await store();
    const options = ["--unique", "k", "--on", "merge", "--ordering-key", "o"];
    const input = "[1]\n[2]\n";
    expect(await json(["add", "n", "-", ...options], { url, input })).toMatchObject({ added: 1, merged: 1 });
    expect(await jobsIn(url)).toMatchObject([{ payload: [1, 2], orderingKey: "o" }]);
  });

  it.each([
    [["add", "--unique", "mail.send", "{}"], '--unique takes "mail.send", which follows it, for its key'],
    [["add", "--unique", "mail.send"], "Put --unique behind type and payload"],
    [["add", "a", "1", "--unqiue"], "Did you mean --unique?"],
    [["add", "a", "1", "--unique-until", "7"], "--unique-until takes started, finished, or a time such as 10m"],
    [["add", "a", "1", "--unique-until", "soon"], "--unique-until takes started, finished, or a time such as 10m"],
    [["add", "a", "1", "--unique-until", "0s"], "must be longer than 0"],
    [["add", "a", "1", "--unique", "k", "--unique-fields", "x"], "give `key` or `fields`, not both"],
    [["add", "a", "1", "--unique-fields", "x,"], "A name is empty"],
    [["add", "a", "1", "--unique-fields", "x"], "the payload has none of them"],
    [["add", "a", "1", "--on", "drop"], "keep, replace, merge"],
    [["add", "a", "1", "--depends-on", "x"], '"x" is not a job\'s id'],
    [["add", "a", "1", "--on-parent", "leave"], "--on-parent goes with --depends-on"],
    [["add", "a", "1", "--depends-on", "a:b", "--on-parent", "skip"], "cancel, release, leave"],
    [["add", "a", "1", "--id", "x", "--depends-on", "default:x"], "depend"],
    [["add", "a", "1", "--keep", "count=3"], "Known are completed, failed, cancelled"],
    [["add", "a", "1", "--keep", "forever"], "--keep takes how long jobs are kept"],
    [["add", "a", "1", "--ordering-key", ""], "orderingKey"],
  ])("refuses %j as wrong usage", async (args, sentence) => {
    const failure = await refusal([...args, "--backend", "memory:"]);
    expect(failure.message).toContain(sentence);
    expect(failure.exitCode).toBe(2);
  });
});

describe("numbers of lines", () => {
  it("are told as ranges", () => {
    const lines = new LineRanges();
    lines.add(7);
    expect(lines.subject()).toBe("Line 7 was");
    for (const line of [8, 10, 12, 13]) lines.add(line);
    expect(lines.subject()).toBe("Lines 7–8, 10, 12–13 were");
    expect(lines.subject(2)).toBe("Lines 7–8, 10, … were");
  });
});
