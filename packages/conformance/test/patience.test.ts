import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { decorate } from "../src/decorate.ts";
import { patienceAfter } from "../src/patience.ts";
import type { CaseReport } from "../src/report/report.ts";
import { judgePromises } from "../src/report/verdicts.ts";
import { CASE_DEADLINE, runCase } from "../src/run-case.ts";
import { naive } from "./naive/fixture.ts";

const [subject] = cases;

describe("a run in which cases hang", () => {
  const hung: CaseReport = { promise: "P1", scenarios: [], title: "", outcome: "failed", tookMs: CASE_DEADLINE };

  it("waits less for the others after two, but as long as a right adapter takes on a slow machine", () => {
    expect([[], [hung], [hung, hung]].map((reports) => patienceAfter(reports))).toEqual([60_000, 60_000, 20_000]);
  });

  it("tells a case that did not end from one that found something wrong", async () => {
    const stuck = naive((adapter) => decorate(adapter, { open: () => new Promise<void>(() => {}) }));
    const wrong = naive((adapter) => decorate(adapter, { open: () => Promise.reject(new Error("no")) }));
    if (!subject) throw new Error("There is no case.");
    expect(await runCase(stuck, subject, 1, { deadlineMs: 20 })).toMatchObject({ outcome: "failed", isLate: true });
    expect(await runCase(wrong, subject, 1, { deadlineMs: 20_000 })).not.toHaveProperty("isLate");
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
