import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { decorate } from "../src/decorate.ts";
import { Patience } from "../src/patience.ts";
import type { CaseReport } from "../src/report/report.ts";
import { judgePromises } from "../src/report/verdicts.ts";
import { CASE_DEADLINE, type CaseOutcome, runCase } from "../src/run-case.ts";
import { naive } from "./naive/fixture.ts";

const [subject] = cases;

/** What became of a case that waited for a verb to its end. */
function hung(...verbs: readonly string[]): CaseOutcome {
  const late = { verbs, ms: CASE_DEADLINE, isCut: false };
  return { outcome: "failed", error: new Error("late"), late, message: "", history: [], replay: null };
}

describe("a run in which cases hang", () => {
  it("waits less for the others after two, but as long as a right adapter takes on a slow machine", () => {
    const patience = new Patience();
    const waits = [[], [hung()], [hung()]].map((outcomes) => {
      for (const outcome of outcomes) patience.note(outcome);
      return patience.settings.deadlineMs;
    });
    expect(waits).toEqual([60_000, 60_000, 20_000]);
  });

  it("waits for a verb that never answered just long enough to see that it does so again", async () => {
    const patience = new Patience();
    patience.note({ outcome: "passed" });
    expect([...patience.settings.hung]).toEqual([]);
    patience.note(hung("get"));
    patience.note(hung("get", "poll"));
    const stuck = naive((adapter) => decorate(adapter, { get: () => new Promise(() => {}) }));
    const reader = cases.find(({ title }) => title.startsWith("adds to a new job what the contract says"));
    if (!reader) throw new Error("There is no such case.");
    const result = await runCase(stuck, reader, 1, patience.settings);
    expect(result).toMatchObject({ outcome: "failed", late: { verbs: ["get"], ms: 2000, isCut: true } });
    expect(await runCase(naive(), reader, 1, patience.settings)).toMatchObject({ outcome: "passed" });
  });

  it("tells a case that did not end from one that found something wrong", async () => {
    const stuck = naive((adapter) => decorate(adapter, { open: () => new Promise<void>(() => {}) }));
    const wrong = naive((adapter) => decorate(adapter, { open: () => Promise.reject(new Error("no")) }));
    if (!subject) throw new Error("There is no case.");
    const late = await runCase(stuck, subject, 1, { deadlineMs: 20 });
    expect(late).toMatchObject({ outcome: "failed", late: { isCut: true } });
    expect(await runCase(wrong, subject, 1, { deadlineMs: 20_000 })).not.toHaveProperty("late");
  });

  it("does not judge a promise by a case that nobody waited for", () => {
    const reports = cases
      .filter(({ promise }) => promise === "P14")
      .map(({ promise, title }): CaseReport => ({ promise, scenarios: [], title, outcome: "passed", tookMs: 1 }));
    const [first, ...rest] = reports;
    if (!first) throw new Error("There is no case.");
    const unjudged: CaseReport = { ...first, outcome: "skipped", isUnjudged: true, reason: "not judged" };
    expect(judgePromises(reports)).toMatchObject([{ verdict: "kept" }]);
    expect(judgePromises([unjudged, ...rest])).toMatchObject([{ verdict: "partly run", reason: "not judged" }]);
  });
});
