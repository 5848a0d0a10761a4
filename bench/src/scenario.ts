import type { Subject } from "./subject.ts";

/** How much is to be measured. */
export interface Plan {
  /** Everything once and small, to see that it runs. */
  readonly smoke: boolean;
  readonly runs: number;
  /** How long a measurement lasts that has no natural end, instead of its own default. */
  readonly seconds: number | undefined;
  /** How many jobs wait, instead of the scenario's own sizes. */
  readonly backlogs: readonly number[] | undefined;
  readonly connections: number | undefined;
  /** Tells on standard error what is going on. */
  readonly note: (line: string) => void;
  /** Records a run that lost a job or ran one twice. */
  readonly invalid: (line: string) => void;
}

/** What came out, for people and for programs. */
export interface Outcome {
  readonly tables: readonly string[];
  readonly data: unknown;
}

/** A kind of measurement, on all subjects that it suits. */
export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** Left out unless it is asked for, because it takes minutes. */
  readonly isLong?: true;
  suits(subject: Subject): boolean;
  run(subjects: readonly Subject[], plan: Plan): Promise<Outcome>;
}
