import { laneOf } from "@anyqueue/api";
import { describe, expect, it } from "vitest";
import { cases } from "../src/cases/index.ts";
import { titleOf } from "../src/case.ts";
import { decorate } from "../src/decorate.ts";
import { CASE_DEADLINE, runCase } from "../src/run-case.ts";
import { defaultSeed } from "../src/seed.ts";
import { slow } from "./faulty/orders.ts";
import { plainCases, servedCases } from "./faulty/proving.ts";
import { naive } from "./naive/fixture.ts";
import { served } from "./naive/served.ts";

const seed = defaultSeed();

describe(`the suite, on a naive but right adapter (seed ${seed})`, () => {
  for (const subject of plainCases) {
    it(`passes ${titleOf(subject)}`, { timeout: 2 * CASE_DEADLINE }, async () => {
      expect(await runCase(naive(), subject, seed)).toMatchObject({ outcome: "passed" });
    });
  }
});

describe(`the suite, on a naive store that other processes reach (seed ${seed})`, () => {
  for (const subject of servedCases) {
    it(`passes ${titleOf(subject)}`, { timeout: 2 * CASE_DEADLINE }, async () => {
      expect(await runCase(served(), subject, seed)).toMatchObject({ outcome: "passed" });
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

describe("the suite, on one that answers short pages of the log", () => {
  const inBatches = naive((adapter) =>
    decorate(adapter, { events: (query) => adapter.events({ ...query, limit: Math.min(query.limit, 2) }) }),
  );
  const readers = new Set(["P12", "P15", "P16", "P22", "P23", "P25"]);
  for (const subject of plainCases.filter(({ promise }) => readers.has(promise))) {
    it(`passes ${titleOf(subject)}`, { timeout: 2 * CASE_DEADLINE }, async () => {
      expect(await runCase(inBatches, subject, seed)).toMatchObject({ outcome: "passed" });
    });
  }
});

describe("the suite, on one whose clock is five minutes slow", () => {
  const late = naive((adapter) => slow(adapter, 300_000));
  for (const subject of plainCases.filter(({ promise, isOpenEnded }) => /^P(8|10|15)$/.test(promise) && !isOpenEnded)) {
    it(`passes ${titleOf(subject)}`, async () => {
      expect(await runCase(late, subject, seed)).toMatchObject({ outcome: "passed" });
    });
  }
});
