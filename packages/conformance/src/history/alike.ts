import type { At, Change, Found, InsertOutcome, Job, NewEvent, NewJob, PollRequest, PollResult } from "@anyqueue/api";
import type { JobCall } from "./job-model.ts";

/**
 * Of calls about one job: which of those without an answer are alike, by equal texts. They are if they differ in nothing but
 * values that no answer tells, such as the holder of a lease that nobody heard of: which of them took effect makes no
 * difference to anybody.
 */
export function kindsOf(calls: readonly JobCall[]): (call: JobCall) => string | undefined {
  const told = new Set(calls.flatMap(jobsToldBy).flatMap((job) => VALUES.map((value) => JSON.stringify(value(job)))));
  /** The value, or what stands for all that nobody was told of. */
  const asTold = (value: unknown): unknown => (told.has(JSON.stringify(value)) ? value : UNTOLD);
  return (call) => {
    const part = partOf(call, asTold);
    return part === undefined ? undefined : JSON.stringify([call.verb, part]);
  };
}

/** What no decision looks at, as long as nobody expects it by `where`, so that only answers tell it. */
const VALUES: readonly ((job: Job) => unknown)[] = [
  (job) => job.payload,
  (job) => job.progress,
  (job) => job.priority,
  (job) => job.result,
  (job) => job.error,
  (job) => job.lease?.holder,
];

/** Stands for a value that nobody was told of. */
const UNTOLD = { isUntold: true };

/** What the call may do to the job; undefined where it is not known to be like any other. */
function partOf(call: JobCall, asTold: (value: unknown) => unknown): unknown {
  switch (call.verb) {
    case "poll": {
      const [{ lease, ...request }] = call.request as [PollRequest];
      return lease && { ...request, ms: lease.ms, holder: asTold(lease.holder) };
    }
    case "insert": {
      const [[wish], at] = call.request as [[NewJob], At?];
      return [{ ...wish, payload: asTold(wish.payload), priority: asTold(wish.priority) }, at?.now];
    }
    case "cas": {
      const [[change], at] = call.request as [[Change], At?];
      return changePart(change, at, asTold);
    }
    case "append": {
      const [[{ token }], at] = call.request as [[NewEvent], At?];
      return [token ?? null, at?.now];
    }
    default:
      return undefined;
  }
}

/** Its event makes nothing of the job. */
function changePart(
  { id, expect, set, spawn = [] }: Change,
  at: At | undefined,
  asTold: (value: unknown) => unknown,
): unknown {
  if (expect.where !== undefined || spawn.length > 0) return undefined;
  const values = { progress: set.progress, priority: set.priority, result: set.result, error: set.error };
  const untold = Object.entries(values).map(([name, value]) => [name, value === undefined ? value : asTold(value)]);
  return [id, expect, { ...set, ...Object.fromEntries(untold) }, at?.now];
}

/** The job, as often as the call's answer tells of it. */
function jobsToldBy({ verb, end, error, answer }: JobCall): Job[] {
  if (end === null || error !== undefined) return [];
  if (verb === "poll") return [(answer as PollResult).jobs, (answer as PollResult).expired].flat();
  if (verb === "get") return (answer as readonly Found[]).filter((job) => job !== null);
  if (verb !== "insert") return [];
  return (answer as readonly InsertOutcome[]).flatMap((outcome) => ("job" in outcome ? [outcome.job] : []));
}
