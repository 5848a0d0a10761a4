import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { addTo, jobsIn, run, says, scratch, start } from "./cli.ts";
import { refusal } from "./refusal.ts";

const HANDLERS = `
export const handlers = {
  good: (job) => ({ double: job.payload * 2 }),
  bad: () => { throw new Error("no such\\nmailbox"); },
  slow: async () => { console.error("begun"); await new Promise((r) => setTimeout(r, 700)); return "done"; },
  endless: () => { console.error("begun"); return new Promise(() => setInterval(() => {}, 1000)); },
  deadly: () => process.exit(9),
  die: (job) => { if (job.attempt === 1) process.exit(9); return "alive"; },
};`;

async function place(): Promise<{ url: string; cwd: string }> {
  const cwd = await scratch();
  await writeFile(join(cwd, "handlers.ts"), HANDLERS);
  return { url: `sqlite:${join(cwd, "jobs.db")}`, cwd };
}

describe("work", () => {
  it("runs what is due, tells each failure in a line, and ends with a summary", async () => {
    const at = await place();
    const good = [1, 2, 3].map((payload) => ({ type: "good", payload }));
    await addTo(at.url, ...good, { type: "bad", payload: null, options: { maxAttempts: 1 } });
    const { code, stdout, stderr } = await run(["work", "./handlers.ts", "--until-idle"], at);
    expect(stdout).toBe("3 completed, 1 failed attempt (1 for good).\n");
    expect(stderr).toMatch(/bad attempt 1\/1 failed for good: no such\\nmailbox\n/);
    expect(code).toBe(0);
    const results = (await jobsIn(at.url)).map(({ result }) => result);
    expect(results).toEqual([{ double: 2 }, { double: 4 }, { double: 6 }, undefined]);
  });

  it("tells failures and the summary as JSON lines", async () => {
    const at = await place();
    await addTo(at.url, { type: "bad", payload: null });
    const { stdout } = await run(["work", "handlers.ts", "--until-idle", "--json"], at);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(lines).toMatchObject([
      { event: "failed", type: "bad", attempt: 1, maxAttempts: 3, final: false, error: "no such\nmailbox" },
      { event: "summary", completed: 0, failed: 1, exhausted: 0 },
    ]);
  });

  it("goes on when nobody reads its notes", async () => {
    const at = await place();
    const worker = start(["work", "handlers.ts", "--until-idle"], at);
    worker.stderr?.destroy();
    expect(await worker.ended).toMatchObject({ code: 0, stdout: "0 completed.\n" });
  });

  it("finishes what has begun when it is told to stop", async () => {
    const at = await place();
    await addTo(at.url, { type: "slow", payload: null });
    const worker = start(["work", "handlers.ts"], at);
    await says(worker, "begun");
    worker.kill("SIGTERM");
    const { code, stdout } = await worker.ended;
    expect(stdout).toBe("1 completed.\n");
    expect(code).toBe(0);
  });

  it("hands back what does not end within the grace, uncharged", async () => {
    const at = await place();
    await addTo(at.url, { type: "endless", payload: null });
    const worker = start(["work", "handlers.ts", "--grace", "100ms"], at);
    await says(worker, "begun");
    worker.kill("SIGINT");
    await says(worker, "completed");
    expect(await jobsIn(at.url)).toMatchObject([{ state: "waiting", attempt: 0 }]);
    worker.kill("SIGKILL");
  });

  it("ends at once at the second signal", async () => {
    const at = await place();
    await addTo(at.url, { type: "endless", payload: null });
    const worker = start(["work", "handlers.ts"], at);
    await says(worker, "begun");
    worker.kill("SIGTERM");
    await says(worker, "Stopping");
    worker.kill("SIGTERM");
    expect((await worker.ended).code).toBe(143);
  });

  it("replaces a process that dies, and goes on until nothing of what it had begun is left", async () => {
    const at = await place();
    const backoff = { type: "fixed", delay: 0 } as const;
    await addTo(
      at.url,
      { type: "die", payload: null, options: { backoff } },
      { type: "deadly", payload: null, options: { backoff, maxAttempts: 2 } },
      { type: "good", payload: 4 },
    );
    const args = ["work", "handlers.ts", "--processes", "2", "--lease", "300ms", "--until-idle"];
    const { code, stdout, stderr } = await run(args, at);
    expect(stderr).toContain("another one starts in 500ms");
    expect(stdout).toMatch(/completed\.\n$/);
    expect(code).toBe(0);
    expect(await jobsIn(at.url)).toMatchObject([
      { type: "die", state: "completed", result: "alive" },
      { type: "deadly", state: "failed", attempt: 2, error: { code: "LEASE_ENDED" } },
      { type: "good", state: "completed" },
    ]);
  });

  it("replaces a process that dies until it is told to stop", async () => {
    const at = await place();
    await addTo(at.url, { type: "die", payload: null });
    const worker = start(["work", "handlers.ts", "--processes", "2"], at);
    await says(worker, "another one starts in 500ms");
    worker.kill("SIGTERM");
    expect(await worker.ended).toMatchObject({ code: 0, stdout: "0 completed.\n" });
  });

  it.each([
    ["nope.ts", "There is no file nope.ts."],
    ["throws.mjs", "throws.mjs cannot be loaded: boo"],
    ["empty.mjs", "empty.mjs exports no handlers"],
    ["wrong.mjs", "the handler of `a` is not a function"],
  ])("refuses the module %s", async (name, sentence) => {
    const { cwd } = await place();
    await writeFile(join(cwd, "throws.mjs"), 'throw new Error("boo");');
    await writeFile(join(cwd, "empty.mjs"), "export const other = 1;");
    await writeFile(join(cwd, "wrong.mjs"), "export default { a: 1 };");
    const failure = await refusal(["work", join(cwd, name), "--backend", "memory:"]);
    expect(failure).toMatchObject({ message: expect.stringContaining(sentence) as string, exitCode: 2 });
  });

  it.each([
    [[], "Name a module of handlers"],
    [["handlers.mjs", "--lanes", "a=0"], "--lanes takes names with weights above 0"],
    [["handlers.mjs", "--concurency", "3"], "Did you mean --concurrency?"],
    [["handlers.mjs", "--lease", "soon"], "`lease` must be milliseconds or a duration"],
    [["handlers.mjs", "--processes", "2"], "only one can work on it"],
  ])("refuses %j as wrong usage", async ([module, ...args], sentence) => {
    const { cwd } = await place();
    await writeFile(join(cwd, "handlers.mjs"), "export default { a: () => 1 };");
    const handlers = module === undefined ? [] : [join(cwd, module)];
    const failure = await refusal(["work", ...handlers, ...args, "--backend", "memory:"]);
    expect(failure).toMatchObject({ message: expect.stringContaining(sentence) as string, exitCode: 2 });
  });

  it("tells what its processes refuse once, and ends", async () => {
    const { code, stderr } = await run(["work", "handlers.ts", "--processes", "2", "--lease", "soon"], await place());
    expect(stderr.match(/`lease` must be milliseconds or a duration/g)).toHaveLength(1);
    expect(code).toBe(2);
  });
});
