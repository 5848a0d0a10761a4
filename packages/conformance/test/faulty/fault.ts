import type { Adapter, CasOutcome, Change } from "@anyqueue/api";
import type { PromiseNumber } from "../../src/case.ts";

/** One way for an adapter to be wrong. */
export interface Fault {
  /** The promise that it breaks; a case of this number has to find it. */
  readonly promise: PromiseNumber;
  /** What is wrong, as a sentence about the adapter. */
  readonly name: string;
  /** Makes the adapter wrong in this way, and in no other. */
  break(adapter: Adapter): Adapter;
}

/** Makes each change by itself, in order, so that a fault can look around before and after. */
export async function oneByOne(
  changes: readonly Change[],
  make: (change: Change) => Promise<CasOutcome>,
): Promise<CasOutcome[]> {
  const outcomes: CasOutcome[] = [];
  for (const change of changes) outcomes.push(await make(change));
  return outcomes;
}

/** Makes one change. */
export async function change(adapter: Adapter, each: Change, at?: Parameters<Adapter["cas"]>[1]): Promise<CasOutcome> {
  const [outcome] = await adapter.cas([each], at);
  return outcome ?? { status: "missing" };
}

/** The object without one of its fields. */
export function without<T extends object, K extends keyof T>(object: T, field: K): Omit<T, K> {
  const { ...copy } = object;
  delete copy[field];
  return copy;
}
