import type { FaultRecord } from "./record.ts";

/** That a case finds a fault, and how long it takes. */
export interface Finding {
  readonly promise: string;
  readonly fault: string;
  readonly title: string;
  readonly ms: number;
}

/** What a proof that shows nothing but its case costs beside its time: it is one more. */
const ONE_MORE = 20;

/** Longer than this, and a proof is looked for anew. */
const LONG = 500;

/**
 * A few pairs that together show every fault found, and every case of use: those cases first that find the fewest faults,
 * each with a fault that has no proof yet if it can. What was chosen before stays if it holds and is quick.
 */
export function choose(
  found: FaultRecord["found"],
  previous: FaultRecord["proofs"],
  findings: readonly Finding[],
): FaultRecord["proofs"] {
  const took = new Map(findings.map(({ promise, fault, title, ms }) => [keyOf(promise, fault, title), ms]));
  const before = new Set(previous.map((proof) => keyOf(...proof)));
  const proofs: [string, string, string][] = [];
  for (const [promise, ofPromise] of Object.entries(found)) {
    const pairs = Object.entries(ofPromise).flatMap(([fault, titles]) => titles.map((title) => ({ fault, title })));
    const proven = new Set<string>();
    const cost = ({ fault, title }: (typeof pairs)[number]): number => {
      const key = keyOf(promise, fault, title);
      // Unknown is what was not run now: it stays as it was.
      const ms = took.get(key) ?? (before.has(key) ? 0 : LONG);
      const isKept = before.has(key) && ms < LONG;
      return (isKept ? 0 : ms) + (proven.has(fault) ? ONE_MORE : 0);
    };
    const cheapest = (some: typeof pairs) => some.toSorted((a, b) => cost(a) - cost(b))[0];
    const add = (pair: (typeof pairs)[number] | undefined): void => {
      if (!pair) return;
      proven.add(pair.fault);
      proofs.push([promise, pair.fault, pair.title]);
    };
    const byCase = Map.groupBy(pairs, ({ title }) => title);
    for (const some of [...byCase.values()].sort((a, b) => a.length - b.length)) add(cheapest(some));
    const byFault = Map.groupBy(pairs, ({ fault }) => fault);
    for (const [fault, some] of byFault) if (!proven.has(fault)) add(cheapest(some));
  }
  return proofs;
}

function keyOf(promise: string, fault: string, title: string): string {
  return JSON.stringify([promise, fault, title]);
}
