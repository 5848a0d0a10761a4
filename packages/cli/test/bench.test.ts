import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, says, scratch, start } from "./cli.ts";

const SMALL = ["bench", "--smoke", "--scenarios", "throughput"];

interface Result {
  readonly subjects: readonly { name: string; durability: string; batching: string }[];
  readonly machine: { readonly node: string; readonly disk: object };
  readonly measurements: readonly {
    subject: string;
    metric: string;
    values: readonly number[];
    invalid: readonly string[];
  }[];
}

/** An adapter of one's own, which is the memory store under another name. */
const FIXTURE = `
import { createAdapter } from "@anyqueue/api";
export const fixture = { name: "mine", open: () => createAdapter("memory:") };`;

describe("bench", () => {
  it("measures a backend beside its floor, and keeps every value, a page and a comparison", async () => {
    const folder = await scratch();
    const [json, page, again] = ["a.json", "a.html", "b.html"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const { code, stdout, stderr } = await run([...SMALL, "--backends", "memory", "--json", json, "--html", page]);
    expect(stderr).not.toContain("anyqueue:");
    expect(stdout).toMatch(/CAUTION A smoke only shows that everything runs/);
    expect(stdout).toMatch(/survives nothing\n +floor memory .*\n(.*\n)* +anyqueue memory +adds merged, claims ahead /);
    expect(stdout).toContain(`Written: ${json}`);
    expect(code).toBe(0);

    const result = JSON.parse(await readFile(json, "utf8")) as Result;
    expect(result.machine.node).toBe(process.version);
    expect(
      result.measurements.filter(({ subject }) => subject === "anyqueue memory").map(({ metric }) => metric),
    ).toEqual(expect.arrayContaining(["add", "bulk", "drain best"]));
    for (const { values, invalid } of result.measurements) expect([values.length, invalid]).toEqual([1, []]);
    expect(await readFile(page, "utf8")).toContain('role="img"');

    const shown = await run(["bench", "--from", json, "--compare", json, "--html", again]);
    expect(shown.stdout).toContain("too few runs: no confidence");
    expect(await readFile(again, "utf8")).toContain('id="comparison"');
    expect(shown.code).toBe(0);
  });

  it("measures an adapter of one's own by its conformance fixture, and prints JSON where no file is named", async () => {
    // Beside the tests, so that it finds the packages as an adapter's own project would.
    const module = join(import.meta.dirname, `bench-${process.pid}.tmp.js`);
    await writeFile(module, FIXTURE);
    try {
      const { code, stdout } = await run([...SMALL, "--backends", "none", "--fixture", module, "--json"]);
      const { subjects, measurements } = JSON.parse(stdout) as Result;
      expect(subjects).toEqual([expect.objectContaining({ name: "mine", durability: "none" })]);
      expect(measurements.every(({ subject, invalid }) => subject === "mine" && invalid.length === 0)).toBe(true);
      expect(code).toBe(0);
    } finally {
      await rm(module);
    }
  });

  it("tells a backend of ours with different options apart", async () => {
    const fixtures = ["sqlite:?durability=full", "sqlite:?durability=normal"];
    const args = ["bench", "--smoke", "--scenarios", "latency", "--backends", "none", "--fixture", fixtures.join(",")];
    const { code, stdout } = await run([...args, "--json"]);
    expect((JSON.parse(stdout) as Result).subjects).toMatchObject([
      { name: fixtures[0], durability: "power-loss" },
      { name: fixtures[1], durability: "crash" },
    ]);
    expect(code).toBe(0);
  });

  it("takes a run of nothing for no success, and says why nothing was run", async () => {
    const { code, stdout, stderr } = await run(["bench", "--scenarios", "cost", "--backends", "memory"]);
    expect(stdout).toContain("Left out: the scenario cost, because it suits none of the subjects.");
    expect(stderr).toContain("Nothing was measured.");
    expect(code).toBe(1);
  });

  it("has written what was measured until then when it is killed", async () => {
    const json = join(await scratch(), "a.json");
    const child = start([...SMALL, "--backends", "memory", "--runs", "1000", "--json", json]);
    const measured = async () =>
      (JSON.parse((await readFile(json, "utf8").catch(() => "")) || '{"measurements":[]}') as Result).measurements;
    await expect.poll(measured, { timeout: 20_000 }).not.toEqual([]);
    child.kill("SIGKILL");
    await child.ended;
    expect(await measured()).not.toEqual([]);
  });

  it("leaves what was measured when it is stopped", async () => {
    const json = join(await scratch(), "a.json");
    const child = start([...SMALL, "--backends", "memory", "--runs", "1000", "--json", json]);
    await says(child, "Medians of 1000 runs");
    child.kill("SIGINT");
    const { code } = await child.ended;
    expect(code).toBe(130);
    expect((JSON.parse(await readFile(json, "utf8")) as Result).subjects).not.toEqual([]);
  });

  it.each([
    { args: ["--scenarios", "nothing"], says: "There is no scenario nothing. There are: throughput" },
    { args: ["--backends", "mysql"], says: "There is no backend mysql" },
    { args: ["--backend", "sqlite"], says: "Write --backends to choose ours" },
    { args: ["--backends", "memory,"], says: '--backends takes names with commas between them, not "memory,"' },
    { args: ["--with", "bull"], says: "There is no other queue bull" },
    { args: ["--runs", "0"], says: "--runs takes a whole number from 1" },
    { args: ["--only", "nothing"], says: "No subject's name contains nothing" },
    { args: ["--json", "no/such/folder/a.json"], says: "--json cannot write no/such/folder/a.json" },
    { args: ["--html", "."], says: "--html cannot write ." },
    { args: ["--from", "package.json", "--runs", "3"], says: "--from measures nothing, so --runs has no meaning" },
    { args: ["--json", "--runs", "0"], says: "--runs takes a whole number from 1" },
    { args: ["--json", "figures.json", "--runs", "0"], says: "--runs takes a whole number from 1" },
    { args: ["figures.json"], says: "Write --json figures.json" },
    { args: ["--from", "nowhere.json"], says: "nowhere.json cannot be read" },
    { args: ["--compare", "package.json"], says: "no result of this benchmark" },
  ])("refuses $args", async ({ args, says: text }) => {
    const { code, stdout, stderr } = await run(["bench", ...args], { cwd: join(import.meta.dirname, "..") });
    // Errors are JSON as well where JSON is printed, and not where it goes to a file.
    const isPrinted = args[0] === "--json" && args[1]?.startsWith("--");
    expect(isPrinted ? stdout : stderr).toContain(text);
    expect(isPrinted ? stderr : stdout).toBe("");
    expect(code).toBe(2);
  });
});
