import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { addTo, jobsIn, run, says, scratch, start } from "./cli.ts";
import { refusal } from "./refusal.ts";

interface Report {
  readonly files: number;
  readonly jobs: number;
  readonly completed: number;
  readonly attempts: number;
  readonly rescued: number;
  readonly kills: number;
  readonly failed: readonly { readonly path: string; readonly error: string }[];
}

const ODD_NAMES = ["a b", "new\nline", "back\\slash", "carriage\rreturn", "-dash", "*star", " lead", "\\first", "ü€😀"];

/** Files with names that are hard to write down, in folders and beside links that must not be followed. */
async function oddFiles(): Promise<{ dir: string; count: number }> {
  const dir = join(await scratch(), "files");
  await mkdir(join(dir, "deep", "er"), { recursive: true });
  for (const name of ODD_NAMES) await writeFile(join(dir, name), name);
  await writeFile(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0xfe, 0x20, 0x62])]), "not UTF-8");
  await writeFile(join(dir, "deep", "er", "file"), "x".repeat(200_000));
  await writeFile(join(dir, "empty"), "");
  await symlink("/etc/hostname", join(dir, "link"));
  await symlink("..", join(dir, "deep", "loop"));
  return { dir, count: ODD_NAMES.length + 3 };
}

/** What coreutils think of the sums. */
async function verify(dir: string, out: string): Promise<string> {
  const { stdout } = await promisify(execFile)("sha256sum", ["--check", "--strict", out], { cwd: dir });
  return stdout;
}

describe("demo", () => {
  it("hashes each file once, whatever its name, though a worker is killed in the middle of a job", async () => {
    const { dir, count } = await oddFiles();
    const out = join(dir, "SUMS");
    const { code, stdout } = await run(["demo", "--dir", dir, "--out", out, "--json"]);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ files: count, jobs: count, completed: count, kills: 1, failed: [] });
    expect(report.rescued).toBeGreaterThan(0);
    expect(code).toBe(0);
    expect((await verify(dir, out)).match(/: OK$/gm)).toHaveLength(count);
  });

  it("sorts the sums by the bytes of the paths and leaves nothing else behind", async () => {
    const { dir } = await oddFiles();
    const out = join(dir, "SUMS");
    await run(["demo", "--dir", dir, "--out", out, "--kills", "0"]);
    const first = await readFile(out);
    const names = (await readdir(dir, { encoding: "buffer" })).filter((name) => name.toString().startsWith("SUMS"));
    expect(names).toHaveLength(1);
    const { stdout } = await promisify(execFile)(
      "sh",
      ["-c", "find . -type f ! -name SUMS -printf '%P\\0' | LC_ALL=C sort -z | xargs -0 sha256sum --"],
      { cwd: dir, encoding: "buffer" },
    );
    expect(first.equals(stdout)).toBe(true);
  });

  it("works inside its own process on a store that no other process can reach, and says so", async () => {
    const { dir, count } = await oddFiles();
    const out = join(await scratch(), "SUMS");
    const { code, stdout, stderr } = await run(["demo", "--dir", dir, "--out", out, "--backend", "memory:", "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ completed: count, kills: 0, attempts: count });
    expect(stderr).toContain("none of them is killed");
    expect(code).toBe(0);
    await verify(dir, out);
  });

  it("keeps to its own lane of a store that holds other jobs, and cleans up after itself", async () => {
    const { dir } = await oddFiles();
    const folder = await scratch();
    const url = `sqlite:${join(folder, "jobs.db")}`;
    await addTo(url, { type: "file.hash", payload: {} });
    const { code } = await run(["demo", "--dir", dir, "--out", join(folder, "SUMS"), "--backend", url, "--kills", "0"]);
    expect(code).toBe(0);
    expect(await jobsIn(url)).toMatchObject([{ lane: "default", state: "waiting" }]);
  });

  it("reports a file that cannot be read after its attempts, by name, and does not hold up the others", async () => {
    const { dir, count } = await oddFiles();
    const out = join(await scratch(), "SUMS");
    const victim = join(dir, "empty");
    // Runs in the worker processes: the file goes between the listing and the hashing.
    const vanish = `if (process.send) process.once("message", () => (await import("node:fs")).rmSync(process.env.VICTIM, { force: true }));`;
    const module = `data:text/javascript,${encodeURIComponent(vanish.replace("() =>", "async () =>"))}`;
    const args = ["demo", "--dir", dir, "--out", out, "--kills", "0", "--workers", "1"];
    const { code, stdout } = await run(args, { nodeOptions: ["--import", module], env: { VICTIM: victim } });
    expect(stdout).toMatch(/1 could not be hashed:\n {2}empty: ENOENT/);
    expect(stdout).toMatch(new RegExp(`attempts +${count + 2}\n`));
    expect(code).toBe(1);
    expect((await verify(dir, out)).match(/: OK$/gm)).toHaveLength(count - 1);
  });

  it("stops its workers, removes its store and writes nothing when it is interrupted", async () => {
    const { dir } = await oddFiles();
    const folder = await scratch();
    const out = join(folder, "SUMS");
    const demo = start(["demo", "--dir", dir, "--out", out], { env: { TMPDIR: folder } });
    await says(demo, "Added");
    demo.kill("SIGINT");
    const { code, stderr } = await demo.ended;
    expect(stderr).toContain("Interrupted");
    expect(code).toBe(130);
    expect(existsSync(out)).toBe(false);
    expect((await readdir(folder)).filter((name) => name.startsWith("anyqueue-demo"))).toEqual([]);
  });

  it("removes its store even when a second signal ends it at once", async () => {
    const { dir } = await oddFiles();
    const folder = await scratch();
    const args = ["demo", "--dir", dir, "--out", join(folder, "SUMS")];
    const demo = start(args, { env: { TMPDIR: folder, NODE_COMPILE_CACHE: "" } });
    await says(demo, "Added");
    demo.kill("SIGINT");
    demo.kill("SIGTERM");
    expect([130, 143]).toContain((await demo.ended).code);
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    [["--dir", "/does/not/exist"], "does not exist"],
    [["--dir", process.execPath], "is not a folder"],
    [["--out", "/does/not/exist/SUMS"], "there is no folder"],
    [["--workers", "0"], "whole number from 1 to 64"],
    [["--kills", "often"], "or `random`"],
  ])("refuses %j as wrong usage", async (args, sentence) => {
    expect(await refusal(["demo", ...args])).toMatchObject({
      message: expect.stringContaining(sentence) as string,
      exitCode: 2,
    });
  });

  it("says so when there is no file at all", async () => {
    const { code, stderr } = await run(["demo", "--dir", await scratch(), "--out", join(await scratch(), "SUMS")]);
    expect(stderr).toContain("There is no file to hash below");
    expect(code).toBe(1);
  });
});
