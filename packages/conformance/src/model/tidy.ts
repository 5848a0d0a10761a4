import { isTerminal, type Job, laneOf } from "@anyqueue/api";
import type { Known } from "./known.ts";
import type { ChangePlan, JobPlan, Step } from "./step.ts";
import { tidyJobs } from "./tidy-jobs.ts";

/**
 * The step without what `Store` would refuse, and so no adapter ever hears, and without what the contract leaves open, so
 * that there is one right answer. A step that is tidy stays as it is.
 */
export function tidy(step: Step, known: Known, now: number): Step {
  switch (step.verb) {
    case "insert":
      return tidyInsert(step, known);
    case "cas":
      return {
        ...step,
        changes: apart(
          step.changes.map((change) => tidyChange(change, known)),
          known,
        ),
      };
    case "poll":
      return tidyPoll(step, known, now);
    case "remove":
      return tidyRemoval(step, known);
    default:
      return step;
  }
}

function tidyInsert({ allOrNone, ...step }: Extract<Step, { verb: "insert" }>, known: Known): Step {
  const jobs = tidyJobs(step.jobs, known);
  // One call may be refused for a circle, and none be added for a job that exists: which comes first is left open.
  const mayClose = known.jobs.some(({ dependsOn = [] }) => jobs.some(({ id }) => dependsOn.includes(id)));
  return { ...step, jobs, ...(allOrNone && !hasTwins(jobs) && !mayClose && { allOrNone }) };
}

function tidyChange({ spawn, ...change }: ChangePlan, known: Known): ChangePlan {
  return spawn === undefined ? change : { ...change, spawn: tidyJobs(spawn, known) };
}

function hasTwins(jobs: readonly JobPlan[]): boolean {
  const names = jobs.flatMap(({ id, unique }) => [id, ...(unique ? [`${id.split(":", 1).join()} ${unique.key}`] : [])]);
  return new Set(names).size < names.length;
}

/** The changes of a call are made in any order, so those are left out that would notice. */
function apart(changes: readonly ChangePlan[], known: Known): ChangePlan[] {
  const met = new Set<string>();
  const joined = new Set(changes.flatMap(({ id }) => linesJoined(id, known)));
  return changes.filter((change, i) => {
    const lines = [...linesOf(known.get(change.id)), ...linesJoined(change.id, known)];
    const names = [...namesIn(change, known), ...lines.filter((line) => joined.has(line))];
    if (i > 0 && (names.some((name) => met.has(name)) || isAwaiting(change, known))) return false;
    for (const name of names) met.add(name);
    return i === 0 || !isAwaiting(changes[0] as ChangePlan, known);
  });
}

/** What a change is about: ids, unique keys, what jobs depend on, and the end of the insertion order. */
function namesIn({ id, set, spawn = [] }: ChangePlan, known: Known): string[] {
  const job = known.get(id);
  const jobs = [...(job ? [job] : []), ...spawn];
  const keys = jobs.flatMap((each) => (each.unique ? [`${laneOf(each.id)} ${each.unique.key}`] : []));
  const ends = set.requeue === true || spawn.length > 0 ? ["the end"] : [];
  return [id, ...ends, ...jobs.flatMap((each) => [each.id, ...(each.dependsOn ?? [])]), ...keys];
}

/** The lines into which a change may bring jobs ahead of those that wait there: its own, revived, or who waits for it. */
function linesJoined(id: string, known: Known): string[] {
  const job = known.get(id);
  const reached = new Set([id]);
  const blocked = known.jobs.filter(({ state }) => state === "blocked");
  // A set is gone through to its end, also to what comes in meanwhile.
  for (const each of reached) {
    for (const { id: child, dependsOn = [] } of blocked) if (dependsOn.includes(each)) reached.add(child);
  }
  const released = blocked.filter((each) => reached.has(each.id));
  return [...(job !== null && isTerminal(job.state) ? [job] : []), ...released].flatMap((each) => linesOf(each));
}

/** The line of a job: its ordering key, in its lane. */
function linesOf(job: Job | null): string[] {
  return job?.orderingKey === undefined ? [] : [`the line ${job.orderingKey} of ${job.lane}`];
}

/** Whether its job waits for others, which may end in the same call. */
function isAwaiting({ id }: ChangePlan, known: Known): boolean {
  return known.get(id)?.state === "blocked";
}

/** Of leases that ended at the same time any may be taken over first, so that all of them have to be. */
function tidyPoll(step: Extract<Step, { verb: "poll" }>, known: Known, now: number): Step {
  const { from, expired } = step.request;
  const request = from === undefined ? step.request : { ...step.request, from: known.customState(from) };
  if (expired === undefined || expired === 0) return { ...step, request };
  const shares = request.ids?.map(laneOf) ?? request.lanes ?? [...known.lanes];
  const lanes = shares.map((share) => (typeof share === "string" ? share : share.lane));
  const ends = known.jobs
    .flatMap(({ lane, lease }) => (lease && lease.until <= now && lanes.includes(lane) ? [lease.until] : []))
    .toSorted((a, b) => a - b);
  const isOpen = expired < ends.length && ends[expired - 1] === ends[expired];
  return { ...step, request: isOpen ? { ...request, expired: 100 } : request };
}

/** Of jobs that finished at the same time any may go first. */
function tidyRemoval(step: Extract<Step, { verb: "remove" }>, known: Known): Step {
  const { query } = step;
  if ("ids" in query) return step;
  const ends = known.jobs.flatMap(({ lane, finishedAt }) =>
    finishedAt === undefined || (query.lane !== undefined && query.lane !== lane) ? [] : [finishedAt],
  );
  if (new Set(ends).size === ends.length) return step;
  if (!("keep" in query)) return { ...step, query: { ...query, limit: 100 } };
  const { count: _, ...keep } = query.keep;
  return { ...step, query: { ...query, limit: 100, keep } };
}
