import { kindsOf } from "./alike.ts";
import { callsOfJob, idsIn } from "./calls-of-job.ts";
import type { Call } from "./call.ts";
import { Counterexample } from "./counterexample.ts";
import { describeCall } from "./describe-call.ts";
import { isReading, type JobCall, type Kept, step } from "./job-model.ts";
import { linearize, type Verdict } from "./linearizable.ts";

/** How many lines a history shows at most; the last ones tell most. */
const MOST_LINES = 16;

/** How long all jobs may take, and then once more to make the history short that shows what is wrong; in milliseconds. */
const PATIENCE = 5000;

/**
 * Looks at each job by itself: some order of the calls, each taking effect at one moment between its beginning and its end,
 * has to explain all that was answered about it. That is enough for what is said of each job (Herlihy and Wing, 1990,
 * locality); that a call over several jobs is one step has cases of its own. Answers how many jobs could not be judged,
 * because looking for an order took too long. @throws Counterexample with the calls about the first job that none explains.
 */
export function checkJobs(calls: readonly Call[], patienceMs = PATIENCE): number {
  const deadline = performance.now() + patienceMs;
  let unjudged = 0;
  for (const id of idsIn(calls)) {
    const ofJob = callsOfJob(id, calls);
    // No job takes all the time of the others.
    const verdict = explain(ofJob, Math.min(deadline, performance.now() + patienceMs / 4));
    if (verdict === "unknown") unjudged += 1;
    if (verdict === "unexplained") throw unexplained(id, ofJob, performance.now() + patienceMs);
  }
  return unjudged;
}

/** Whether some order of these calls about one job explains their answers. */
function explain(calls: readonly JobCall[], until: number): Verdict {
  // A call that failed may have taken effect, and may still do so.
  const spans = calls.map((call) => (call.error === undefined ? call : { ...call, end: null }));
  const model = { initial: null, step, key: (job: Kept) => JSON.stringify(job), isReading, kind: kindsOf(calls) };
  return linearize<Kept, JobCall>(spans, model, { until });
}

function unexplained(id: string, calls: readonly JobCall[], deadline: number): Counterexample {
  const short = withoutIdle(firstUnexplained(calls, deadline), deadline);
  const lines = short.toSorted((a, b) => a.begin - b.begin).map((call) => lineOf(call, short));
  const more = lines.length - MOST_LINES;
  return new Counterexample(
    `No order of the calls explains what they answered about ${id} (∥ marks those that ran at the same time).`,
    more > 0 ? [`… ${more} calls before that`, ...lines.slice(more)] : lines,
  );
}

/**
 * As much of the history as it takes: up to the first answer that nothing explains, without the answers that come later.
 * More than that where the search takes too long.
 */
function firstUnexplained(calls: readonly JobCall[], deadline: number): readonly JobCall[] {
  const ends = calls.flatMap(({ end }) => end ?? []).sort((a, b) => a - b);
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (explain(until(ends[middle] ?? 0, calls), deadline) === "unexplained") high = middle;
    else low = middle + 1;
  }
  return until(ends[low] ?? Number.POSITIVE_INFINITY, calls);
}

function until(time: number, calls: readonly JobCall[]): JobCall[] {
  return calls
    .filter(({ begin }) => begin <= time)
    .map((call) => (call.end !== null && call.end <= time ? call : { ...call, end: null }));
}

/** Without the calls that it takes none of, among those that changed nothing. */
function withoutIdle(calls: readonly JobCall[], deadline: number): readonly JobCall[] {
  let short = calls;
  for (const call of calls.filter(isIdle)) {
    const others = short.filter((each) => each !== call);
    if (explain(others, deadline) === "unexplained") short = others;
  }
  return short;
}

/** Whether it changed nothing of what is compared, or nobody heard that it did. */
function isIdle(call: JobCall): boolean {
  return call.end === null || call.error !== undefined || call.verb === "append" || isReading(call);
}

/** With a mark at calls that ran while others did. */
function lineOf(call: JobCall, calls: readonly JobCall[]): string {
  const end = call.end ?? Number.POSITIVE_INFINITY;
  const beside = calls.filter((each) => each !== call && each.begin <= end && (each.end ?? Infinity) >= call.begin);
  return `${beside.length > 0 ? "∥ " : "  "}${describeCall(call)}`;
}
