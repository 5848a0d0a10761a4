import type { Need } from "./needs.ts";
import type { Trial } from "./trial.ts";

/** The number of a promise of the design, such as `P13` or `P13a`. */
export type PromiseNumber = `P${number}` | "P13a";

/** What a case is called by. */
export interface CaseName {
  /** The promise that is broken when the case fails. */
  readonly promise: PromiseNumber;
  /** The acceptance scenarios it stands for, such as `S87`. */
  readonly scenarios?: readonly `S${number}`[];
  /** A true sentence about an adapter: "does not let a stale holder complete a job". */
  readonly title: string;
}

/** One thing that every adapter does, as data. */
export interface Case extends CaseName {
  /** What has to be there for the case to apply; absent, nothing special. */
  readonly needs?: Need;
  /** It looks for faults by chance for as long as it is given (`t.budgetMs`), and finds more in a longer run. */
  readonly isOpenEnded?: true;
  /** Whether this text, which was given as `replay`, is a counterexample of this case, which then runs `t.replay` only. */
  replays?(text: string): boolean;
  /** Throws when the promise is broken. Gets an opened adapter on an empty store. */
  run(t: Trial): Promise<void>;
}

/** The case's title as every runner prints it: `P13 (S87, S97) does not let a stale holder complete a job`. */
export function titleOf({ promise, scenarios = [], title }: CaseName): string {
  return scenarios.length === 0 ? `${promise} ${title}` : `${promise} (${scenarios.join(", ")}) ${title}`;
}
