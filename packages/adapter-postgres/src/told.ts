import type { Write } from "./write.ts";

/** Lanes in which more has happened than was asked for: jobs may go on in some, and have ended in others. */
interface Consequences {
  readonly ready?: readonly string[] | null;
  readonly finished?: readonly string[] | null;
}

/** An answer together with what came of it in lanes. */
export interface Told<T> extends Consequences {
  readonly done: T | null;
}

/** Passes on what has happened in lanes (P24). */
export function heed({ hints }: Write, { ready, finished }: Consequences): void {
  for (const lane of ready ?? []) hints.lane(lane);
  for (const lane of finished ?? []) hints.finished.add(lane);
}

/** The answer itself; mostly it comes without anything else. */
export function heard<T extends number | readonly unknown[]>(write: Write, answer: Told<T> | T | null): T | null {
  if (typeof answer !== "object" || answer === null || !("done" in answer)) return answer;
  heed(write, answer);
  return answer.done;
}
