import { laneOf } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { titleOf } from "../src/case.ts";
import { decorate } from "../src/decorate.ts";
import { sharedByProcesses } from "../src/needs.ts";
import { CASE_DEADLINE, runCase } from "../src/run-case.ts";
import { defaultSeed } from "../src/seed.ts";
import { naive } from "./naive/fixture.ts";

const seed = defaultSeed();

describe(`the suite, on a naive but right adapter (seed ${seed})`, () => {
  // A naive store lives in one process, so these have no subject here.
  for (const subject of cases.filter((each) => each.needs !== sharedByProcesses)) {
    it(`passes ${titleOf(subject)}`, { timeout: 2 * CASE_DEADLINE }, async (context) => {
      const result = await runCase(naive(), subject, seed);
      if (result.outcome === "skipped") context.skip(result.reason);
      expect(result).toEqual({ outcome: "passed" });
    });
  }
});

describe("the suite, on one that tells only in which lanes jobs ended", () => {
  const tellingLanes = naive((adapter) =>
    decorate(adapter, {
      subscribe: (wake) => adapter.subscribe((hint) => wake("job" in hint ? { finished: laneOf(hint.job) } : hint)),
    }),
  );
  for (const subject of cases.filter((each) => each.promise === "P24")) {
    it(`passes ${titleOf(subject)}`, async () => {
      expect((await runCase(tellingLanes, subject, seed)).outcome).not.toBe("failed");
    });
  }
});
