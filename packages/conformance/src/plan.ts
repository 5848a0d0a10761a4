import { type Duration, parseDuration, QueueError } from "@anyqueue/api";
import { Budget } from "./budget.ts";
import { type Case, titleOf } from "./case.ts";
import { cases } from "./cases/index.ts";
import { promiseNamed, promises } from "./promises.ts";
import { checkSeed, defaultSeed } from "./seed.ts";

/** Which cases to run, and how. */
export interface RunOptions {
  /**
   * How long the cases that look for faults by chance may take, all together: milliseconds, or text such as `"60s"`. A longer
   * run finds more. By default what `ANYQUEUE_CONFORMANCE_TIME` says, else 20 s under a test runner and 30 s without one.
   */
  readonly time?: Duration;
  /** Makes the random cases repeatable. By default what `ANYQUEUE_CONFORMANCE_SEED` says, else a new one. */
  readonly seed?: number;
  /** Only the cases of these promises, such as `P13`. */
  readonly only?: readonly string[];
  /** Only the cases whose title has these words. */
  readonly title?: string;
  /** Only runs this counterexample again, which an earlier run has told. */
  readonly replay?: string;
}

/** The cases of a run, and what they are given. */
export interface Plan {
  readonly chosen: readonly Case[];
  readonly seed: number;
  readonly timeMs: number;
  readonly budget: Budget;
  readonly replay: string | null;
}

/** Chooses the cases. @throws QueueError `INVALID` naming the option. */
export function planRun({ only, title, replay, ...options }: RunOptions, usualTime: Duration): Plan {
  const named = only?.map((name) => knownPromise(name));
  const chosen = cases.filter(
    (subject) =>
      (named === undefined || named.includes(subject.promise)) &&
      (title === undefined || titleOf(subject).toLowerCase().includes(title.toLowerCase())) &&
      (replay === undefined || subject.replays?.(replay) === true),
  );
  if (chosen.length === 0) throw nothingChosen(title, replay);
  const seed = options.seed === undefined ? defaultSeed() : checkSeed("seed", options.seed);
  const { time = process.env["ANYQUEUE_CONFORMANCE_TIME"] || usualTime } = options;
  const timeMs = parseDuration(time, options.time === undefined ? "ANYQUEUE_CONFORMANCE_TIME" : "time");
  const openEnded = chosen.filter((subject) => subject.isOpenEnded).length;
  return { chosen, seed, timeMs, budget: new Budget(timeMs, openEnded), replay: replay ?? null };
}

function knownPromise(name: string): string {
  const known = promiseNamed(name);
  if (known) return known.promise;
  const all = promises.map(({ promise }) => promise).join(", ");
  throw new QueueError("INVALID", `There is no promise ${JSON.stringify(name)}. There are ${all}.`);
}

function nothingChosen(title: string | undefined, replay: string | undefined): QueueError {
  if (replay !== undefined) {
    const hint = "Give what a run printed behind `--replay`, with the version of the suite that printed it";
    return new QueueError(
      "INVALID",
      `No case knows the counterexample ${JSON.stringify(replay.slice(0, 100))}. ${hint}.`,
    );
  }
  const words = title === undefined ? "" : ` whose title has ${JSON.stringify(title)}`;
  return new QueueError("INVALID", `There is no case${words} among those that were chosen.`);
}
