import type { PromiseNumber } from "./case.ts";

/** The parts of the contract, in its order. */
export type Part = "Storing" | "Choosing" | "Deciding" | "Shaping" | "Telling" | "Living";

/** A promise in a word or two, as `docs/guarantees.md` has it. */
export interface PromiseName {
  readonly promise: PromiseNumber;
  readonly name: string;
  readonly part: Part;
}

const NAMES: Readonly<Record<Part, Readonly<Record<string, string>>>> = {
  Storing: { P1: "Durability", P2: "Fidelity", P3: "Adding twice", P4: "All or none", P5: "Your transaction" },
  Choosing: {
    P6: "One holder",
    P7: "Order",
    P8: "Due time",
    P9: "Predicates are data",
    P10: "Knowing when to look",
    P11: "States of your own",
  },
  Deciding: {
    P12: "Compare and set",
    P13: "Fencing",
    P13a: "Successors",
    P14: "Finality",
    P15: "Rescue",
    P16: "Errors stay readable",
  },
  Shaping: {
    P17: "Unique keys",
    P18: "Ordering keys",
    P19: "Lane settings",
    P20: "Dependencies",
    P21: "Cancelling",
  },
  Telling: { P22: "The log", P23: "Following", P24: "Hints are only hints" },
  Living: { P25: "Opening and closing", P26: "Removing" },
};

/** Every promise of the contract, in its order. */
export const promises: readonly PromiseName[] = Object.entries(NAMES).flatMap(([part, names]) =>
  Object.entries(names).map(([promise, name]) => ({
    promise: promise as PromiseNumber,
    name,
    part: part as Part,
  })),
);

/** The promise that is meant by `P13`, `p13` or `13`, or undefined. */
export function promiseNamed(text: string): PromiseName | undefined {
  const number = text.trim().toLowerCase().replace(/^p?/, "p");
  return promises.find(({ promise }) => promise.toLowerCase() === number);
}

/** `P13 Fencing` */
export function nameOf(promise: PromiseNumber): string {
  const { name = "" } = promises.find((each) => each.promise === promise) ?? {};
  return `${promise} ${name}`.trimEnd();
}
