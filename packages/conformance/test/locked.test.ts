import { describe, expect, it } from "vitest";
import { titleOf } from "../src/case.ts";
import { cases } from "../src/cases/index.ts";
import { runCase } from "../src/run-case.ts";
import { defaultSeed } from "../src/seed.ts";
import { locked } from "./naive/locked.ts";

const seed = defaultSeed();

/** Those that may ask for a second handle say so; others open one and close it. */
const subjects = cases.filter(({ needs }) => needs !== undefined);

describe(`the suite, on a store that one handle at a time can open (seed ${seed})`, () => {
  for (const subject of subjects) {
    it(`does not fail ${titleOf(subject)}`, async () => {
      const { outcome, ...why } = await runCase(locked(), subject, seed, { budgetMs: 200 });
      expect({ outcome, ...(outcome === "failed" && why) }).not.toMatchObject({ outcome: "failed" });
    });
  }

  it("lets a handle crash under load, one after another", async () => {
    const subject = cases.find(({ title }) => title.includes("handle crashes"));
    if (!subject) throw new Error("There is no such case.");
    const result = await runCase(locked(), subject, seed, { budgetMs: 200 });
    expect(result).toMatchObject({ outcome: "passed" });
  });
});
