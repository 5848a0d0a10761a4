import { describe, expect, it } from "vitest";
import { runStandalone } from "../src/index.ts";
import { decorate } from "../src/decorate.ts";
import { naive } from "./naive/fixture.ts";

describe("runStandalone", () => {
  it("reports passed, failed and skipped cases as plain data, with a reason for each that did not pass", async () => {
    const done: number[] = [];
    const options = {
      only: ["P1", "P25"],
      seed: 7,
      onProgress: (progress: { done: number }) => done.push(progress.done),
    };
    const report = await runStandalone(
      naive((adapter) => decorate(adapter, { capabilities: { ...adapter.capabilities } })),
      options,
    );
    expect(report).toMatchObject({ adapter: "naive", seed: 7, suite: expect.stringMatching(/^\d/) as string });
    expect(report.capabilities.durability).toBe("snapshot");
    expect(done).toEqual(report.cases.map((_, i) => i + 1));
    const { passed, failed, skipped } = report.counts;
    expect(passed + failed + skipped).toBe(report.cases.length);
    const outcomes = report.cases.map(({ title, outcome, reason }) => ({ title, outcome, reason }));
    expect(outcomes).toContainEqual({
      title: "keeps every acknowledged insert when the process is killed",
      outcome: "skipped",
      reason: 'durability is "snapshot"',
    });
    expect(outcomes).toContainEqual({
      title: "tells its capabilities, frozen, and its name once it is open",
      outcome: "failed",
      reason: "The capabilities are not frozen.",
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it("fails what is declared without the means to test it", async () => {
    const fixture = naive();
    const report = await runStandalone({ name: "bare", open: () => fixture.open() }, { only: ["P25"], seed: 7 });
    const reasons = report.cases.filter((each) => each.outcome === "failed").map((each) => each.reason);
    expect(reasons).toContain(
      'the adapter declares durability "snapshot", but the fixture has no `reopen` to test it with',
    );
    expect(reasons).toContain('the adapter declares scope "machine", but the fixture has no `reopen` to test it with');
  });
});
