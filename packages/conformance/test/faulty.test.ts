import { describe, expect, it } from "vitest";
import { titleOf } from "../src/case.ts";
import { CASE_DEADLINE } from "../src/run-case.ts";
import { faults } from "./faulty/index.ts";
import { finding } from "./faulty/proving.ts";
import { proofsOf, readRecord, unproven } from "./faulty/record.ts";
import { renderFaults } from "./faulty/report.ts";

// That the right adapter passes every case is the other half, in naive.test.ts. `npm run faults` runs every fault against
// every case of its promise and keeps a record; here are run only as many of these pairs as show all faults and all cases.
const record = readRecord();
const proofs = proofsOf(record);

describe("the catalogue of faults", () => {
  it("names each fault once", () => {
    const names = faults.map(({ promise, name }) => `${promise} ${name}`);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("is found whole, and every case finds one (otherwise `npm run faults` tells more)", () => {
    expect(unproven(record)).toEqual({ faults: [], cases: [] });
  });

  it("has all of it proven here", () => {
    const shown = (pairs: readonly string[]) => [...new Set(pairs)].sort();
    expect(proofs.length).toBe(record.proofs.length);
    expect(shown(proofs.map(({ fault }) => `${fault.promise} ${fault.name}`))).toEqual(
      shown(faults.map(({ promise, name }) => `${promise} ${name}`)),
    );
  });

  it("is listed with its cases in FAULTS.md", async () => {
    await expect(renderFaults(record)).toMatchFileSnapshot("../FAULTS.md");
  });
});

describe("the suite finds an adapter that", () => {
  for (const { fault, subject } of proofs) {
    // What waits for a hint that never comes waits together.
    const options = { timeout: 2 * CASE_DEADLINE, concurrent: subject.promise === "P24" };
    it(`${fault.name}: ${titleOf(subject)}`, options, async () => {
      expect(await finding(fault, subject)).toBeDefined();
    });
  }
});
