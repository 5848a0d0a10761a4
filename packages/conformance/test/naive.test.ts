import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { titleOf } from "../src/case.ts";
import { sharedByProcesses } from "../src/needs.ts";
import { runCase } from "../src/run-case.ts";
import { defaultSeed } from "../src/seed.ts";
import { naive } from "./naive/fixture.ts";

const seed = defaultSeed();

describe(`the suite, on a naive but right adapter (seed ${seed})`, () => {
  // A naive store lives in one process, so these have no subject here.
  for (const subject of cases.filter((each) => each.needs !== sharedByProcesses)) {
    it(`passes ${titleOf(subject)}`, async (context) => {
      const result = await runCase(naive(), subject, seed);
      if (result.outcome === "skipped") context.skip(result.reason);
      expect(result).toEqual({ outcome: "passed" });
    });
  }
});
