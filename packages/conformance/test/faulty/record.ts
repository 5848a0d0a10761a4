import { readFileSync } from "node:fs";
import type { Case } from "../../src/case.ts";
import type { Fault } from "./fault.ts";
import { faults } from "./index.ts";
import { provableCases } from "./proving.ts";

/** A fault, and a case that finds it. */
export interface Proof {
  readonly fault: Fault;
  readonly subject: Case;
}

/** What `npm run faults` has seen, by the faults' promises and names and the cases' titles. */
export interface FaultRecord {
  /** By promise and name of each fault, the titles of all cases that find it. */
  readonly found: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  /** Promise, fault and case: the few that show every fault found and every case of use, and are run each time. */
  readonly proofs: readonly (readonly [promise: string, fault: string, title: string])[];
}

/** Where the record is kept. */
export const recordPath = new URL("./record.json", import.meta.url);

export function readRecord(): FaultRecord {
  return JSON.parse(readFileSync(recordPath, "utf8")) as FaultRecord;
}

/** The cases of the record that find a fault, in the suite's order. */
export function findersOf({ found }: FaultRecord, fault: Fault): readonly Case[] {
  const titles = found[fault.promise]?.[fault.name] ?? [];
  return provableCases.filter(({ promise, title }) => promise === fault.promise && titles.includes(title));
}

/** The faults that no case finds, and the cases that find none, of some promises or of all. */
export function unproven(
  record: FaultRecord,
  only: readonly string[] = [],
): { readonly faults: readonly string[]; readonly cases: readonly string[] } {
  const isMeant = ({ promise }: Fault | Case) => only.length === 0 || only.includes(promise);
  const found = new Map(faults.filter(isMeant).map((fault) => [fault, findersOf(record, fault)]));
  const finders = new Set([...found.values()].flat());
  const unfound = [...found].flatMap(([fault, subjects]) => (subjects.length === 0 ? [fault] : []));
  const idle = provableCases.filter((subject) => isMeant(subject) && !finders.has(subject));
  return {
    faults: unfound.map(({ promise, name }) => `${promise} ${name}`),
    cases: idle.map(({ promise, title }) => `${promise} ${title}`),
  };
}

/** The proofs of the record; those whose fault or case is gone are left out. */
export function proofsOf({ proofs }: FaultRecord): readonly Proof[] {
  return proofs.flatMap(([promise, name, title]) => {
    const fault = faults.find((each) => each.promise === promise && each.name === name);
    const subject = provableCases.find((each) => each.promise === promise && each.title === title);
    return fault && subject ? [{ fault, subject }] : [];
  });
}
