import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { memory } from "@anyqueue/adapter-memory";
import { describe, expect, it, onTestFinished } from "vitest";
import { cases } from "../src/cases/index.ts";
import { type Fixture, runConformance, type RunOptions, titleOf } from "../src/index.ts";
import { decorate } from "../src/decorate.ts";

interface DefinedTest {
  readonly title: string;
  readonly run: (this: unknown, context?: unknown) => Promise<void>;
  readonly timeoutMs: number;
}

/** What the suite defines, in a runner that runs nothing by itself. */
function define(fixture: Fixture, options: RunOptions = {}): { readonly suite: string; readonly tests: DefinedTest[] } {
  const tests: DefinedTest[] = [];
  let suite = "";
  const runner = {
    describe(title: string, body: () => void): void {
      suite = title;
      body();
    },
    it(title: string, run: DefinedTest["run"], timeoutMs: number): void {
      tests.push({ title, run, timeoutMs });
    },
  };
  runConformance(fixture, runner, options);
  return { suite, tests };
}

const right: Fixture = { name: "right", open: () => memory() };
const forgetful: Fixture = {
  name: "forgetful",
  open() {
    const adapter = memory();
    return decorate(adapter, { get: async (ids) => ids.map(() => null) });
  },
};

function caseNamed(tests: readonly DefinedTest[], words: string): DefinedTest {
  const found = tests.find(({ title }) => title.includes(words));
  if (!found) throw new Error(`No test has ${words} in its title.`);
  return found;
}

describe("runConformance", () => {
  it("defines one test for each case, titled by its promise, in a suite that tells the seed", () => {
    const { suite, tests } = define(right, { seed: 7 });
    expect(suite).toBe("right keeps the promises (seed 7)");
    expect(tests.map(({ title }) => title)).toEqual(cases.map(titleOf));
  });

  it("defines only the cases that are wanted, and gives each of its tests the time of the run", () => {
    const { tests } = define(right, { only: ["p12", "13"], time: "10m" });
    expect(new Set(tests.map(({ title }) => title.split(" ", 1)[0]))).toEqual(new Set(["P12", "P13"]));
    expect(tests[0]?.timeoutMs).toBeGreaterThan(600_000);
    expect(define(right, { title: "STALE holder complete" }).tests).toHaveLength(1);
  });

  it("has tests without a parameter, which Jest and Mocha would take for a callback", () => {
    expect(new Set(define(right).tests.map(({ run }) => run.length))).toEqual(new Set([0]));
  });

  it("skips with the reason, whether the runner hands over what skips or has it as `this`", async () => {
    const { run } = caseNamed(define(right).tests, "when the process is killed");
    const told: unknown[] = [];
    const skipping = { skip: (reason?: string) => told.push(reason), timeout: () => {} };
    await run.call(undefined, skipping);
    await run.call(skipping);
    await run.call(undefined);
    expect(told).toEqual(['durability is "none"', 'durability is "none"']);
  });

  it("fails with a message that has the sentence, the calls, and how to see it again", async () => {
    const { run } = caseNamed(define(forgetful, { seed: 7 }).tests, "adds to a new job what the contract says");
    const error = await run.call(undefined).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ name: "BrokenPromise" });
    expect(String(error)).toMatch(/insert main:1 .*→ added\n.*get main:1.* → null/);
    expect(String(error)).toContain("ANYQUEUE_CONFORMANCE_SEED=7");
    expect((error as Error).stack).toMatch(/\n {4}at /);
  });

  it.each([
    [{ only: ["P99"] }, 'There is no promise "P99". There are P1, P2'],
    [{ time: "soon" }, "`time` must be milliseconds or a duration"],
    [{ title: "no such words" }, "no case whose title has"],
    [{ replay: "nonsense" }, "No case knows the counterexample"],
  ])("refuses %j with a reason", (options, reason) => {
    expect(() => define(right, options)).toThrow(reason);
  });

  it.each([
    [undefined, "A fixture is an object, not undefined"],
    [memory, "not a function or a class"],
    [{ open: () => memory() }, "The fixture has no `name`"],
    [{ name: "mine" }, 'The fixture "mine" has no function `open`'],
    [{ name: "mine", open: () => memory(), reopen: true }, '`reopen` of the fixture "mine" is no function'],
  ])("refuses what is no fixture: %j", (fixture, reason) => {
    expect(() => define(fixture as Fixture)).toThrow(reason);
  });

  it("runs under `node --test`", async () => {
    const folder = await mkdtemp(join(tmpdir(), "anyqueue-node-test-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, "mine.test.mjs");
    const source = (name: string): string => JSON.stringify(import.meta.resolve(name));
    await writeFile(
      file,
      `import { describe, it } from "node:test";
import { memory } from ${source("@anyqueue/adapter-memory")};
import { runConformance } from ${source("@anyqueue/conformance")};
const open = () => memory();
const broken = () => Object.assign(memory(), { get: async (ids) => ids.map(() => null) });
runConformance({ name: "right", open }, { describe, it }, { only: ["P1", "P4", "P14"], seed: 7 });
runConformance({ name: "broken", open: broken }, { describe, it }, { title: "adds to a new job what the contract says", seed: 7 });
`,
    );
    const args = ["--conditions=@anyqueue/source", "--test", "--test-reporter=tap", file];
    const { stdout, code } = await promisify(execFile)(process.execPath, args).then(
      (ended) => ({ ...ended, code: 0 }),
      (error: unknown) => error as { stdout: string; code: number },
    );
    expect(stdout).toContain("# Subtest: right keeps the promises (seed 7)");
    expect(stdout).toMatch(/ok \d+ - P14 .*\n/);
    expect(stdout).toMatch(/# SKIP durability is "none"/);
    expect(stdout).toMatch(/# fail 1\n/);
    expect(stdout).toMatch(/get main:1.* → null/);
    expect(code).toBe(1);
  });
});
