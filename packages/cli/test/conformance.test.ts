import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { run, scratch } from "./cli.ts";

/** An adapter of one's own: the memory store, but with a wrong answer to `get`. */
const BROKEN = `
import { createAdapter } from "@anyqueue/api";
export const fixture = {
  name: "broken",
  async open() {
    const adapter = await createAdapter("memory:");
    adapter.get = async (ids) => ids.map(() => null);
    return adapter;
  },
};`;

describe("conformance", { timeout: 60_000 }, () => {
  it("tells promise by promise that memory keeps them, and what does not apply", async () => {
    const { code, stdout } = await run(["conformance", "memory:", "--only", "p6,P5"]);
    expect(stdout).toMatch(/^P6 +kept/m);
    expect(stdout).toMatch(/^P5 +not applicable .*transactions is false/m);
    expect(code).toBe(0);
  });

  it("has the means to test everything that SQLite claims", async () => {
    const { code, stdout } = await run(["conformance", "sqlite:", "--only", "P1,P5,P24,P25", "--seed", "7", "--json"]);
    const report = JSON.parse(stdout) as { counts: unknown; cases: { outcome: string }[] };
    expect(Object.keys(report)).toEqual(["suite", "adapter", "capabilities", "seed", "counts", "cases"]);
    expect(report).toMatchObject({ adapter: "sqlite", seed: 7, counts: { failed: 0, skipped: 0 } });
    expect(code).toBe(0);
  });

  it("exits with 1 when an adapter of one's own breaks a promise, and names it", async () => {
    const folder = await scratch();
    // Beside the tests, so that it finds the packages as an adapter's own project would.
    const module = join(import.meta.dirname, `broken-${process.pid}.tmp.js`);
    await writeFile(join(folder, "empty.js"), "export default {};");
    await writeFile(module, BROKEN);
    try {
      const { code, stdout } = await run(["conformance", module, "--only", "P2"]);
      expect(stdout).toMatch(/^P2 +broken/m);
      expect(code).toBe(1);
    } finally {
      await (await import("node:fs/promises")).rm(module);
    }
    const { code, stderr } = await run(["conformance", join(folder, "empty.js")]);
    expect(stderr).toContain("exports no fixture");
    expect(code).toBe(2);
  });

  it("does not pass an adapter of one's own that never opens", async () => {
    const module = join(await scratch(), "stuck.js");
    await writeFile(module, 'export const fixture = { name: "stuck", open: () => new Promise(() => {}) };');
    const { code, stderr } = await run(["conformance", module]);
    expect(stderr).toContain("it waits for something that never comes");
    expect(code).toBe(1);
  });
});
