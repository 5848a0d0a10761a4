import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { sharedByProcesses } from "../src/needs.ts";
import { CASE_DEADLINE, runCase } from "../src/run-case.ts";
import { faults } from "./faulty/index.ts";
import { naive } from "./naive/fixture.ts";

// A fault is found when a case of the broken promise's own number fails; that the right adapter passes them all is
// the other half, in naive.test.ts.
const SEED = 1;

/** Without another process these fail for the lack of means, and would find everything. */
const subjects = cases.filter((each) => each.needs !== sharedByProcesses);

describe("the suite finds an adapter that", () => {
  for (const fault of faults) {
    it(`${fault.name} (${fault.promise})`, { timeout: 2 * CASE_DEADLINE }, async () => {
      const fixture = naive((adapter) => fault.break(adapter));
      const found: string[] = [];
      for (const subject of subjects.filter((each) => each.promise === fault.promise)) {
        const result = await runCase(fixture, subject, SEED);
        if (result.outcome === "failed") found.push(subject.title);
        if (found.length > 0) break;
      }
      expect(found).not.toEqual([]);
    });
  }

  it("breaks any promise that has a case", () => {
    const broken = new Set(faults.map((fault) => fault.promise));
    const unbroken = subjects.map((subject) => subject.promise).filter((promise) => !broken.has(promise));
    expect(unbroken).toEqual([]);
  });
});
