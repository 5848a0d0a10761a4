import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { json, run, scratch } from "./cli.ts";
import { refusal } from "./refusal.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

interface Made {
  readonly name: string;
  readonly folder: string;
  readonly files: readonly string[];
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

describe("new-adapter", () => {
  it("makes a package with sound types, whose suite is red at once, and tells which verb is next", async () => {
    const { folder } = await json<Made>(["new-adapter", "ink-3"], { cwd: await projectFolder() });
    const tsc = join(ROOT, "node_modules/.bin/tsc");
    await promisify(execFile)(tsc, ["-p", folder, "--customConditions", "@anyqueue/source"]);

    const fixture = join(folder, "test/fixture.ts");
    const first = await run(["conformance", fixture]);
    expect(first.stderr).toContain("`open` is not written yet.");
    expect(first.code).toBe(1);

    const source = join(folder, "src/ink-3-adapter.ts");
    const written = (await readFile(source, "utf8")).replaceAll(/throw notWritten\("(open|close)"\);/g, "");
    await writeFile(source, written);
    const next = await run(["conformance", fixture, "--only", "P6"]);
    expect(next.stdout).toContain("`begin` is not written yet.");
    expect(next.stdout).toMatch(/^0 cases passed/m);
    expect(next.code).toBe(1);
  });

  it("calls the package, its class and its files by the name", async () => {
    const cwd = await scratch();
    const { folder, files } = await json<Made>(["new-adapter", "ink-3"], { cwd });

    expect(folder).toBe(join(cwd, "anyqueue-adapter-ink-3"));
    expect(files).toContain(".gitignore");
    expect(files).toContain("src/ink-3-adapter.ts");
    expect(await readFile(join(folder, "src/ink-3-adapter.ts"), "utf8")).toContain("class Ink3Adapter implements");
    for (const file of files) expect(await readFile(join(folder, file), "utf8")).not.toMatch(/my-?store|0\.0\.0-any/i);
  });

  it("has the thirteen methods in the order of the contract", async () => {
    const { folder } = await json<Made>(["new-adapter", "ink"], { cwd: await scratch() });
    const methodsIn = (text: string): string[] =>
      Array.from(text.matchAll(/^ {2}(?:async )?(\w+)\(/gm), ([, verb = ""]) => verb);
    const contract = await readFile(join(ROOT, "packages/api/src/contract/adapter.ts"), "utf8");

    const methods = methodsIn(await readFile(join(folder, "src/ink-adapter.ts"), "utf8"));

    expect(methods.filter((name) => name !== "constructor")).toEqual(methodsIn(contract));
    expect(methodsIn(contract)).toHaveLength(13);
  });

  it("tells the same order of work as the tutorial", async () => {
    const { folder } = await json<Made>(["new-adapter", "ink"], { cwd: await scratch() });
    const promisesIn = (text: string): (readonly string[])[] =>
      (text.match(/^\| \d.*$/gm) ?? []).map((row) => row.split("|")[4]?.match(/P\d+a?/g) ?? []);
    const tutorial = await readFile(join(ROOT, "docs/writing-an-adapter.md"), "utf8");

    const told = promisesIn(await readFile(join(folder, "README.md"), "utf8"));

    expect(told).toEqual(promisesIn(tutorial));
    expect(told).toHaveLength(9);
  });

  it("asks for the packages as they are now", async () => {
    const { folder } = await json<Made>(["new-adapter", "ink"], { cwd: await scratch() });
    const { dependencies, devDependencies } = await manifest(folder);
    const ours = await manifest(ROOT);
    const { version } = (await manifest(join(ROOT, "packages/api"))) as unknown as { version: string };

    expect([dependencies["@anyqueue/api"], devDependencies["@anyqueue/conformance"]]).toEqual([
      `^${version}`,
      `^${version}`,
    ]);
    for (const tool of ["typescript", "vitest"]) expect(devDependencies[tool]).toBe(ours.devDependencies[tool]);
    expect(dependencies["typebox"]).toBe(ours.devDependencies["typebox"]);
  });

  it("fills an empty folder, tells what to do next, and leaves one alone that is not empty", async () => {
    const cwd = await scratch();
    await mkdir(join(cwd, "here"));
    const { code, stdout } = await run(["new-adapter", "ink", "--dir", "here"], { cwd });
    expect(stdout).toMatch(/cd here\n {2}npm install\n {2}npm run conformance/);
    expect(code).toBe(0);

    await rm(join(cwd, "here/src"), { recursive: true });
    const again = await run(["new-adapter", "ink", "--dir", "here"], { cwd });
    expect(again.stderr).toContain("here is not empty. Name another folder with --dir");
    expect(again.code).toBe(2);
    await writeFile(join(cwd, "file"), "");
    const file = await run(["new-adapter", "ink", "--dir", "file"], { cwd });
    expect(file.stderr).toContain("file is in the way: it is no folder.");
  });

  it.each(["SQL", "3d", "my_store", "a--b", "../up", "", "a".repeat(51)])("refuses the name %j", async (name) => {
    expect(await refusal(["new-adapter", name])).toMatchObject({ code: "USAGE", exitCode: 2 });
  });

  it("refuses the name of a backend that there is", async () => {
    expect((await refusal(["new-adapter", "postgres"])).message).toContain("AnyQueue has a backend of this name");
  });
});

/** A folder from which the packages are found, as after `npm install`. */
async function projectFolder(): Promise<string> {
  await mkdir(join(ROOT, "tmp"), { recursive: true });
  const folder = await mkdtemp(join(ROOT, "tmp/new-adapter-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function manifest(folder: string): Promise<Manifest> {
  return JSON.parse(await readFile(join(folder, "package.json"), "utf8")) as Manifest;
}
