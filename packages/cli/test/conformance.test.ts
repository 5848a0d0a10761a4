import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Report } from "@anyqueue/conformance";
import { describe, expect, it } from "vitest";
import { writeBadge } from "../src/conformance/badge-files.ts";
import { run, says, scratch, start } from "./cli.ts";
import { refusal } from "./refusal.ts";

const MEMORY = JSON.stringify(import.meta.resolve("@anyqueue/adapter-memory"));

const MAIN_MODULE = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** A module with an adapter of one's own: the memory store, with something else in place of some verbs. */
async function moduleWith(verbs: string, name = "mine.js"): Promise<string> {
  const path = join(await scratch(), name);
  await writeFile(
    path,
    `import { memory } from ${MEMORY};
    export const fixture = { name: "mine", open() { const adapter = memory(); return Object.assign(adapter, { ${verbs} }); } };`,
  );
  return path;
}

describe("conformance", () => {
  it("tells promise by promise that memory keeps them, and what does not apply", async () => {
    const { code, stdout } = await run(["conformance", "memory", "--only", "p14,P5", "--time", "0"]);
    expect(stdout).toMatch(/^ {2}✓ P14 +Finality +kept +(\d+)\/\1$/m);
    expect(stdout).toMatch(/^ {2}– P5 .*not applicable .*transactions is false/m);
    expect(stdout).toMatch(/^memory keeps 1 promise; 1 more not applicable\.$/m);
    expect(code).toBe(0);
  });

  it("has the means to test everything that SQLite claims", async () => {
    const options = ["--only", "P5,P24,P25", "--seed", "7", "--time", "1s", "--json"];
    const { code, stdout } = await run(["conformance", "sqlite", ...options]);
    const report = JSON.parse(stdout) as Report;
    expect(report).toMatchObject({ subject: "sqlite", adapter: "sqlite", seed: 7, timeMs: 1000, isWhole: false });
    expect(report.counts).toMatchObject({ failed: 0, skipped: 0 });
    expect(report.promises.map(({ promise, verdict }) => [promise, verdict])).toEqual([
      ["P5", "kept"],
      ["P24", "kept"],
      ["P25", "kept"],
    ]);
    expect(code).toBe(0);
  });

  it("exits with 1 when an adapter of one's own breaks a promise, and shows by which calls", async () => {
    const module = await moduleWith("get: async (ids) => ids.map(() => null)");
    const { code, stdout } = await run(["conformance", module, "--only", "P2", "--seed", "7", "--time", "0"]);
    expect(stdout).toMatch(/^ {2}✗ P2 +Fidelity +BROKEN +\d+\/\d+ /m);
    expect(stdout).toMatch(/^ {8}insert main:1 .*→ added\n {8}get main:1 → null$/m);
    expect(stdout).toContain(`Run these again: anyqueue conformance ${module} --only P2 --seed 7`);
    expect(stdout).toMatch(/^mine \(memory\) breaks 1 of 1 promise: P2 Fidelity\.$/m);
    expect(code).toBe(1);
  });

  it("exits with 1 when an adapter ends the process, in a verb or when it is imported", async () => {
    const leaving = await moduleWith("get: () => process.exit(0)");
    const path = join(await scratch(), "mine.js");
    await writeFile(path, "process.exit(0);");
    for (const module of [leaving, path]) {
      const { code, stderr } = await run(["conformance", module, "--only", "P2", "--time", "0"]);
      expect(stderr).toContain("ended the process (exit code 0) before the suite was through");
      expect(code).toBe(1);
    }
  });

  it("runs a fixture in TypeScript that is the module's default, only the cases with certain words", async () => {
    const path = join(await scratch(), "mine.ts");
    await writeFile(
      path,
      `import { memory } from ${MEMORY};\nconst name: string = "typed";\nexport default { name, open: () => memory() };`,
    );
    const { code, stdout } = await run(["conformance", path, "--case", "keeps the first result"]);
    expect(stdout).toMatch(/· P14 +Finality +partly run +1\/1/);
    expect(stdout).toMatch(/^typed \(memory\) breaks no promise in the cases that were run\.$/m);
    expect(code).toBe(0);
  });

  it("finds a difference from the model, tells how to see it again, and does so", async () => {
    // It forgets the priority of what it stores.
    const module = await moduleWith(
      "insert: ((insert) => (jobs, at) => insert(jobs.map((job) => ({ ...job, priority: 512 })), at))(adapter.insert.bind(adapter))",
    );
    const found = await run(["conformance", module, "--case", "polls what the model does", "--time", "5s", "--json"]);
    const [{ replay = "", script, history = [] } = {}] = (JSON.parse(found.stdout) as Report).cases;
    expect(replay).toMatch(/^model:\w+:\d+$/);
    expect(history.length).toBeGreaterThan(1);
    const file = `${module}.json`;
    await writeFile(file, JSON.stringify(script));
    for (const given of [replay, file]) {
      const { stdout, code } = await run(["conformance", module, "--replay", given]);
      expect(stdout).toContain(history[0]);
      expect(code).toBe(1);
    }
  });

  it("compares two adapters by the same calls", async () => {
    const same = await run(["conformance", "memory", "--against", "memory", "--time", "1s", "--seed", "7"]);
    expect(same.stdout).toMatch(/^memory and memory gave the same answers in \d+ scripts\. Seed 7\.$/m);
    expect(same.code).toBe(0);
    const module = await moduleWith("get: async (ids) => ids.map(() => null)");
    const other = await run(["conformance", module, "--against", "memory", "--time", "3s", "--json"]);
    const { differences } = JSON.parse(other.stdout) as { differences: { history: string[] }[] };
    expect(differences[0]?.history.join("\n")).toMatch(/get .* → null/);
    expect(other.code).toBe(1);
  });

  it("writes a badge: an image, or what shields.io reads", async () => {
    const folder = await scratch();
    const badge = { schemaVersion: 1, label: "AnyQueue", message: "26 promises kept", color: "brightgreen" } as const;
    await writeBadge(join(folder, "badge.svg"), badge);
    await writeBadge(join(folder, "badge.json"), badge);
    expect(await readFile(join(folder, "badge.svg"), "utf8")).toMatch(/^<svg .*26 promises kept/);
    expect(JSON.parse(await readFile(join(folder, "badge.json"), "utf8"))).toEqual(badge);
    await expect(writeBadge(join(folder, "none", "badge.svg"), badge)).rejects.toThrow("The badge cannot be written");
  });

  it("ends with what it knows when it is interrupted, though a verb never answers", async () => {
    const module = await moduleWith('cas() { console.error("cas is waiting"); return new Promise(() => {}); }');
    const command = start(["conformance", module, "--only", "P13,P14", "--time", "0"]);
    await says(command, "cas is waiting");
    command.kill("SIGINT");
    const { code, stdout, stderr } = await command.ended;
    expect(stderr).toMatch(/Interrupted in the case: P1[34] /);
    expect(stdout).toContain("mine (memory)");
    expect(code).toBe(130);
  });

  it("does not pass an adapter of one's own that never opens", async () => {
    const module = join(await scratch(), "stuck.js");
    await writeFile(module, 'export const fixture = { name: "stuck", open: () => new Promise(() => {}) };');
    const { code, stderr } = await run(["conformance", module]);
    expect(stderr).toContain("it waits for something that never comes");
    expect(code).toBe(1);
  });

  it("says what is missing in a module that has no fixture, or none that is whole", async () => {
    const folder = await scratch();
    const told = async (text: string): Promise<string> => {
      const path = join(folder, `${Math.random()}.mjs`);
      await writeFile(path, text);
      const { message, exitCode } = await refusal(["conformance", path]);
      expect(exitCode).toBe(2);
      return message;
    };
    expect(await told("export class MyAdapter {}")).toContain(
      "exports MyAdapter, but no `fixture`. Write: export const",
    );
    expect(await told("export {}")).toContain("exports nothing. Write: export const fixture");
    expect(await told("export default class {}")).toContain("an object, not a function or a class");
    expect(await told("export default { open() {} }")).toContain("The fixture has no `name`. Give it one");
    expect(await told('export const fixture = { name: "x" }')).toContain('"x" has no function `open`. Write `open:');
    expect(await told('throw new Error("no license")')).toContain("cannot be loaded: no license. With DEBUG=1");
  });

  it.each([
    [["nowhere.js"], "There is no file nowhere.js. Name memory, sqlite"],
    [["sqlite:jobs.db"], "each case needs a new and empty store"],
    [["memory", "--only", "P13,P99"], "--only P99: there is no such promise. There are P1, P2"],
    [["memory", "--time", "soon"], "--time takes a duration such as 60s"],
    [["memory", "--time", "10"], 'such as 60s or 10m, with its unit, not "10"'],
    [["memory", "--seed", "x"], "--seed takes a whole number"],
    [["memory", "--case", "no such words"], 'no case whose title has "no such words"'],
    [["memory", "--replay", "nonsense"], 'No case knows the counterexample "nonsense"'],
    [["memory", "--replay", "./nofile.json"], "There is no file ./nofile.json. --replay takes what an earlier run"],
    [["memory", "--replay", MAIN_MODULE], "main.ts has no counterexample. --replay takes what an earlier run"],
    [["memory", "--badge", "x.png"], "--badge x.png: name a file that ends in .svg, for an image, or in .json"],
    [["memory", "--badge", "x.svg", "--only", "P1"], "--badge tells of all promises, so it does not go with --only"],
    [["memory", "--against", "memory", "--only", "P1"], "it runs no cases: leave out --only"],
  ])("refuses %j with what to write instead", async (args, message) => {
    const refused = await refusal(["conformance", ...args]);
    expect(refused).toMatchObject({ exitCode: 2 });
    expect(refused.message).toContain(message);
  });
});
