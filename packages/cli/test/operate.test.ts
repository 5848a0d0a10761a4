import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openQueue } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { showBackend } from "../src/backend.ts";
import { loadConfig } from "../src/config.ts";
import { describeFailure } from "../src/failure.ts";
import { buildProgram } from "../src/program.ts";
import { jobsIn, json, run, scratch } from "./cli.ts";
import { refusal } from "./refusal.ts";

/** Three waiting jobs, a delayed one and one that failed for good. */
async function store(): Promise<{ url: string }> {
  const url = `sqlite:${join(await scratch(), "jobs.db")}`;
  await using queue = await openQueue(url);
  for (const id of ["a", "b", "c"]) await queue.add("mail.send", { id }, { id, lane: "mail", group: "letters" });
  await queue.add("report.build", null, { id: "later", delay: "1h" });
  await queue.add("doomed", { n: 1 }, { id: "x", maxAttempts: 1 });
  const receipt = await queue.receive({ lanes: ["default"] });
  await receipt?.fail(new Error("\u001b[31mred\nalert"));
  return { url };
}

describe("looking after a queue", () => {
  it("lists jobs as a table and as JSON, filtered and bounded", async () => {
    const at = await store();
    const { stdout } = await run(["list", "--state", "failed"], at);
    expect(stdout).toContain("default:x");
    expect(stdout).toContain("\\u001b[31mred\\nalert");
    const { jobs } = await json<{ jobs: { id: string }[] }>(["list", "--lane", "mail", "--limit", "2"], at);
    expect(jobs.map(({ id }) => id)).toEqual(["mail:a", "mail:b"]);
    expect((await run(["list", "--type", "nothing"], at)).stdout).toBe("No jobs.\n");
  });

  it("shows a job with the errors of its attempts, and exits with 1 when there is none", async () => {
    const at = await store();
    expect((await run(["show", "default:x"], at)).stdout).toMatch(/attempt 1 failed: \\u001b\[31mred\\nalert/);
    expect(await json(["show", "default:x"], at)).toMatchObject({
      job: { state: "failed" },
      events: [{ kind: "failed" }],
    });
    const { code, stdout } = await run(["show", "mail:nope", "--json"], at);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "MISSING" } });
    expect(code).toBe(1);
  });

  it("pauses and resumes a lane, and tells it among the lanes", async () => {
    const at = await store();
    await run(["pause", "mail"], at);
    expect(await json(["lanes"], at)).toMatchObject({
      lanes: [
        { lane: "default", counts: { delayed: 1, failed: 1 } },
        { lane: "mail", counts: { waiting: 3 }, settings: { paused: true } },
      ],
    });
    await run(["resume", "mail"], at);
    expect((await run(["lanes"], at)).stdout).not.toContain("paused");
  });

  it("cancels by id and by selection, after a look at how many are meant", async () => {
    const at = await store();
    expect(await json(["cancel", "mail:a"], at)).toEqual({ outcomes: [{ id: "mail:a", outcome: "cancelled" }] });
    expect(await json(["cancel", "--group", "letters", "--dry-run"], at)).toEqual({ wouldCancel: 2 });
    expect(await json(["cancel", "--where", '{"payload.id":"b"}', "--preview"], at)).toEqual({ wouldCancel: 1 });
    expect(await json(["cancel", "--group", "letters"], at)).toEqual({ cancelled: 2, requested: 0 });
    expect((await run(["cancel", "mail:a", "mail:nope"], at)).code).toBe(1);
  });

  it("tells how many running jobs of a cancelled group were asked to stop", async () => {
    const at = await store();
    await using queue = await openQueue(at.url);
    const receipt = await queue.receive({ lanes: ["mail"] });
    expect((await run(["cancel", "--group", "letters", "--type", "mail.*"], at)).stdout).toBe(
      "Cancelled 2 jobs. Running and asked to stop: 1.\n",
    );
    expect((await run(["cancel", receipt?.job.id ?? ""], at)).stdout).toContain("its worker is asked to stop");
    expect((await run(["show", receipt?.job.id ?? ""], at)).stdout).toMatch(/^state +active, asked to stop$/m);
  });

  it("retries by id and by selection, after a look at how many are meant", async () => {
    const at = await store();
    expect(await json(["retry", "--lane", "default", "--dry-run"], at)).toEqual({ wouldRetry: 1 });
    expect(await json(["retry", "--lane", "default"], at)).toEqual({ retried: 1 });
    expect(await run(["retry", "default:x"], at)).toMatchObject({
      code: 1,
      stdout: "default:x has not ended, so there is nothing to retry\n",
    });
  });

  it("retries into a state of one's own", async () => {
    const at = await store();
    const { stdout } = await run(["retry", "default:x", "--into", "received"], at);
    expect(stdout).toBe("default:x is in received again, with all its attempts before it\n");
    expect(await jobsIn(at.url)).toContainEqual(expect.objectContaining({ id: "default:x", state: "received" }));
  });

  it("prunes what ended long enough ago and nothing else", async () => {
    const at = await store();
    expect(await json(["prune", "--older-than", "1h"], at)).toEqual({ removed: 0 });
    expect(await json(["prune", "--older-than", "0"], at)).toEqual({ removed: 1 });
  });

  it("makes a store with migrate, and tells what it did", async () => {
    const url = `sqlite:${join(await scratch(), "new.db")}`;
    expect(await json(["migrate"], { url })).toMatchObject({
      backend: "sqlite",
      store: url,
      from: null,
      to: 2,
      changes: ["Creates the tables."],
      capabilities: { scope: "machine" },
    });
    expect(await json(["migrate"], { url })).toMatchObject({ from: 2, to: 2, changes: [] });
    expect((await run(["migrate"], { url })).stdout).toContain("nothing to do");
  });

  it("prints the SQL of a migration and nothing else, and changes nothing, with --dry-run", async () => {
    const folder = await scratch();
    const url = `sqlite:${join(folder, "new.db")}`;
    const { code, stdout, stderr } = await run(["migrate", "--dry-run"], { url });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^PRAGMA journal_mode = WAL;\nBEGIN IMMEDIATE;[^]+\nCOMMIT;\n$/);
    expect(stderr).toBe(`${url}, layout: none yet → version 2. Creates the tables.\n`);
    expect(await readdir(folder)).toEqual([]);
    expect(await json(["migrate", "--dry-run"], { url })).toEqual({
      store: url,
      from: null,
      to: 2,
      changes: ["Creates the tables."],
      sql: stdout,
    });
    await run(["migrate"], { url });
    expect((await run(["migrate", "--dry-run"], { url })).stdout).toBe("");
    expect((await run(["migrate", "--dry-run"], { url: "memory:" })).stdout).toBe("");
  });

  it.each([
    [["cancel"], "name ids, or choose"],
    [["cancel", "mail:a", "--lane", "mail"], "not by both"],
    [["retry", "--state", "waiting"], "can be retried"],
    [["prune"], "--older-than"],
    [["prune", "--older-than", "7x"], "`--older-than` must be"],
    [["prune", "--older-than", "1", "--state", "waiting"], "can be pruned"],
    [["list", "--limit", "0"], "--limit takes a whole number"],
    [["list", "--order", "random"], "inserted, poll, finished"],
    [["show", "no-lane"], '"no-lane" is not a job\'s id: that is <lane>:<local id>'],
    [["cancel", "mail:a", "nope"], '"nope" is not a job\'s id'],
    [["retry", "nope"], '"nope" is not a job\'s id'],
    [
      ["cancel", "mail:a", "--dry-run"],
      "--dry-run goes with --lane, --state, --type, --group or --where, not with ids",
    ],
    [["cancel", "mail:a", "--preview"], "Nothing was changed."],
    [["cancel", "--where", "{bad"], "--where is not JSON"],
    [["cancel", "--where", "{}"], "holds for every job"],
    [["cancel", "--where", '{"paylod.to":1}'], "Did you mean `payload`?"],
    [["cancel", "--where", "[]"], "must be an object of paths and tests"],
    [["retry", "mail:a", "--into", ""], "a state of your own"],
    [["retry", "mail:a", "--rate", "1/s"], "--rate goes with --lane"],
    [["retry", "mail:a", "--preview"], "--preview goes with --lane"],
    [["retry", "--lane", "mail", "--rate", "10"], "such as 10/s, 100/m or 5/30s"],
    [["retry", "--lane", "mail", "--rate", "0/s"], "such as 10/s, 100/m or 5/30s"],
    [["retry", "--lane", "mail", "--previw"], "Did you mean --preview?"],
    [["move", "mail:a"], "required option '--to <lane>'"],
    [["move", "--to", "slow"], "name ids, or choose"],
    [["move", "mail:a", "--to", "mail"], "already. To run it again: anyqueue retry mail:a"],
    [["move", "mail:a", "--to", "a b"], "must be a lane's name"],
    [["move", "mail:a", "--to", "$x"], "names that begin with $ are reserved"],
    [["move", "mail:a", "--to", "slow", "--preview"], "--preview goes with --lane"],
    [["move", "--lane", "mail", "--state", "waiting", "--to", "slow"], "can be moved"],
    [["result", "mail"], '"mail" is not a job\'s id'],
    [["result", "mail:a", "--timeout", "soon"], "`timeout` must be milliseconds or a duration"],
    [["retry", "--lane", "mail", "--into", "failed"], "a state of your own"],
    [["lsit"], "Did you mean list?"],
    [["list", "--backend", "sqlit:x"], "Did you mean `sqlite`?"],
    [["list", "--backend", "nonsense"], "a URL begins with its backend"],
  ])("refuses %j as wrong usage, in one line", async (args, sentence) => {
    const { message, exitCode } = await refusal(["--backend", "memory:", ...args]);
    expect(message).toContain(sentence);
    expect(message).not.toContain("\n");
    expect(exitCode).toBe(2);
  });
});

describe("a backend", () => {
  it.each([
    ["sqlite:jobs.db?durability=normal", "sqlite:jobs.db?durability=normal"],
    ["postgres://db/shop?schema=mail", "postgres://db/shop?schema=mail"],
    ["postgres://me@db/shop", "postgres://me@db/shop"],
    ["postgres://me:s3cret@db/shop", "postgres://me:***@db/shop"],
    ["postgres://me:s3/cr@t?@db/shop", "postgres://me:***@db/shop"],
    ["postgres://:s3cret@db/shop?a=1@2", "postgres://:***@db/shop?a=1@2"],
    ["postgres://db/shop?user=me&password=s3cret", "postgres://db/shop?user=me&password=***"],
    ["postgres://db/shop?notify=redis://:s3cret@cache&schema=a", "postgres://db/shop?notify=***&schema=a"],
    ["postgres:///shop?notify=postgres%3A%2F%2Fme%3As3cret%40db", "postgres:///shop?notify=***"],
    [{ backend: "postgres", url: "postgres://me:s3cret@db/shop", schema: "a" }, "postgres://me:***@db/shop"],
    [{ backend: "sqlite", path: "jobs.db" }, "sqlite:jobs.db"],
    [{ backend: "memory" }, "memory:"],
  ])("%j is shown without a password", (backend, shown) => {
    expect(showBackend(backend)).toBe(shown);
  });
});

describe("a refusal", () => {
  it("is one line on standard error, or one JSON value on standard output", async () => {
    expect(await run(["lsit"])).toEqual({
      code: 2,
      stdout: "",
      stderr: "anyqueue: unknown command 'lsit' (Did you mean list?)\n",
    });
    const { code, stdout, stderr } = await run(["list", "--backend", "sqlit:x", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: "UNKNOWN_BACKEND" } });
    expect({ code, stderr }).toEqual({ code: 2, stderr: "" });
  });
});

describe("configuration", () => {
  it("names the three ways when no backend is given at all", async () => {
    const { code, stderr } = await run(["list"], { cwd: await scratch() });
    for (const way of ["--backend", "ANYQUEUE_URL", "anyqueue.config"]) expect(stderr).toContain(way);
    expect(code).toBe(2);
  });

  it("is read from anyqueue.config.ts, where the environment and the command line say nothing", async () => {
    const cwd = await scratch();
    await writeFile(join(cwd, "anyqueue.config.ts"), 'export default { backend: "memory:" as string };');
    expect(await json(["migrate"], { cwd })).toMatchObject({ backend: "memory" });
    expect(await json(["migrate"], { cwd, url: "sqlite::memory:" })).toMatchObject({ backend: "sqlite" });
    const both = { cwd, url: "sqlite:x" };
    expect(await json(["migrate", "--backend", "memory:"], both)).toMatchObject({ backend: "memory" });
  });

  it.each([
    ["anyqueue.config.json", '{"bakend":"memory:"}', "`bakend` is not an option. Did you mean `backend`?"],
    ["anyqueue.config.json", '{"backend":7}', "`backend` must be a URL"],
    ["anyqueue.config.json", "{", "is not valid JSON"],
    ["anyqueue.config.js", 'throw new Error("boo")', "cannot be loaded: boo"],
    ["anyqueue.config.js", "throw null", "cannot be loaded: it throws null"],
    ["anyqueue.config.js", "export const backend = 1", "has no default export"],
  ])("%s with %s is refused by naming what is wrong", async (name, text, sentence) => {
    const cwd = await scratch();
    await writeFile(join(cwd, name), text);
    const failure = describeFailure(await loadConfig(cwd).catch((error: unknown) => error));
    expect(failure).toMatchObject({ code: "CONFIG", exitCode: 2 });
    expect(failure.message).toContain(sentence);
  });

  it.each(["anyqueue.config.json", "anyqueue.config.js"])("%s that is a folder is called one", async (name) => {
    const cwd = await scratch();
    await mkdir(join(cwd, name));
    const failure = describeFailure(await loadConfig(cwd).catch((error: unknown) => error));
    expect(failure).toMatchObject({
      code: "CONFIG",
      message: expect.stringContaining(`${name} is a folder`) as string,
    });
  });

  it("that never finishes loading is told, and the command does not end as if it had done its work", async () => {
    const cwd = await scratch();
    await writeFile(join(cwd, "anyqueue.config.js"), "await new Promise(() => {});");
    const { code, stderr } = await run(["add", "a", "--backend", "memory:"], { cwd });
    expect(stderr).toContain("anyqueue.config.js cannot be loaded: a top-level await in it waits for something");
    expect(code).toBe(2);
  });

  it("gives help with examples for every command, and the version", async () => {
    const { commands } = buildProgram();
    expect(commands.map((command) => command.name())).toContain("conformance");
    for (const command of commands) {
      let help = "";
      command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      expect(help).toMatch(/Examples?:\n {2}\$ anyqueue /);
    }
    expect((await run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
