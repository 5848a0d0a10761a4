import {
  advance,
  type AppendOutcome,
  type At,
  type CasOutcome,
  type Change,
  decide,
  equalJson,
  type Found,
  freshJob,
  type InsertOutcome,
  isHeld,
  type Job,
  type Json,
  type NewEvent,
  type NewJob,
  type PollRequest,
  type PollResult,
  takeOver,
} from "@anyqueue/api";
import type { Call } from "./call.ts";
import { IMPOSSIBLE } from "./linearizable.ts";
import { hasToken, withToken } from "./unheard-token.ts";

/** A job as the calls so far have left it; null while it is not there. */
export type Kept = Job | null;

type After = Kept | typeof IMPOSSIBLE;

/** A call with its part in one job: see `callsOf`. */
export interface JobCall extends Call {
  /** The job. */
  readonly id: string;
  /** Told apart, so that what a lost answer may have leased has a token of its own. */
  readonly number: number;
}

/**
 * What one call makes of a job, by the pure functions of the contract: the job after it, or `IMPOSSIBLE` where the answer
 * does not fit. Of a call without an answer, what it does if it takes effect.
 */
export function step(job: Kept, call: JobCall): After {
  switch (call.verb) {
    case "insert":
      return inserted(job, call);
    case "poll":
      return polled(job, call);
    case "cas":
      return changed(job, call);
    case "append":
      return appended(job, call);
    case "remove":
      return removed(job, call);
    case "get":
      return read(job, call);
    default:
      return job;
  }
}

/** Whether a call was answered and, wherever its answer fits, has changed nothing of the job. */
export function isReading(call: JobCall): boolean {
  const answer = answerOf<unknown>(call);
  if (answer === undefined) return false;
  switch (call.verb) {
    case "get":
      return true;
    case "insert":
    case "cas":
    case "append": {
      const [outcome] = answer as readonly { readonly status: string }[];
      return outcome !== undefined && outcome.status !== "ok" && outcome.status !== "added";
    }
    case "remove":
      // Of several, the count does not tell which.
      return answer === 0;
    default:
      return false;
  }
}

function inserted(job: Kept, call: JobCall): After {
  const [[wish], at] = call.request as [[NewJob], At];
  const [outcome] = answerOf<[InsertOutcome]>(call) ?? [];
  const fresh = (): Job => freshJob(wish, nowOf(at));
  if (outcome === undefined) return job ?? fresh();
  if (outcome.status === "added") return job === null ? fresh() : IMPOSSIBLE;
  return outcome.status === "existing" && outcome.by === "id" ? fitting(job, outcome.job) : job;
}

function polled(job: Kept, call: JobCall): After {
  const [request] = call.request as [PollRequest];
  const answer = answerOf<PollResult>(call);
  const took = answer?.jobs.find(({ id }) => id === call.id);
  const rescued = answer?.expired.find(({ id }) => id === call.id);
  if (job === null) return answer === undefined ? job : IMPOSSIBLE;
  const taken = (token: number) => (request.limit > 0 ? takenBy(job, request, token) : IMPOSSIBLE);
  const takenOver = (token: number) => ((request.expired ?? 0) > 0 ? takenOverBy(job, request, token) : IMPOSSIBLE);
  if (answer === undefined) {
    const after = taken(-call.number);
    const other = after === IMPOSSIBLE ? takenOver(-call.number) : after;
    return other === IMPOSSIBLE ? job : other;
  }
  if (took !== undefined && rescued !== undefined) return IMPOSSIBLE;
  if (took !== undefined) return sameAs(taken(took.token), took);
  return rescued === undefined ? job : sameAs(takenOver(rescued.token), rescued);
}

/** A job that is due, in the state that is polled, and nobody's (P6, P8, P11). */
function takenBy(job: Job, { from = "waiting", to = "active", lease, now = 0 }: PollRequest, token: number): After {
  if (job.state !== from || job.runAt > now || job.lease !== undefined) return IMPOSSIBLE;
  if (lease === undefined) return advance(job, { to, now });
  return isNewer(token, job) ? advance(job, { to, now, lease: { ...lease, token } }) : IMPOSSIBLE;
}

/** A job whose lease has ended (P15). */
function takenOverBy(job: Job, { lease, now = 0 }: PollRequest, token: number): After {
  if (job.lease === undefined || isHeld(job, now) || lease === undefined) return IMPOSSIBLE;
  return isNewer(token, job) ? takeOver(job, { ...lease, token }, now) : IMPOSSIBLE;
}

/** Tokens rise (P13); those that nobody heard of cannot be compared. */
function isNewer(token: number, job: Job): boolean {
  return token < 0 || !hasToken(job) || token > job.token;
}

function changed(before: Kept, call: JobCall): After {
  const [[change], at] = call.request as [[Change], At];
  const [outcome] = answerOf<[CasOutcome]>(call) ?? [];
  const child = change.spawn?.find(({ id }) => id === call.id);
  if (child !== undefined)
    return outcome === undefined || outcome.status === "ok" ? (before ?? freshJob(child, nowOf(at))) : before;
  const told = outcome !== undefined && "token" in outcome;
  const job = before !== null && told ? withToken(before, outcome.token) : before;
  const decision = decide(job, change, nowOf(at));
  if (outcome !== undefined && !equalJson(decision.outcome as unknown as Json, outcome as unknown as Json))
    return IMPOSSIBLE;
  return decision.job ?? job;
}

function appended(job: Kept, call: JobCall): After {
  const [[{ token }], at] = call.request as [[NewEvent], At];
  const [outcome] = answerOf<[AppendOutcome]>(call) ?? [];
  const now = nowOf(at);
  const isFenced = token !== undefined && !(job !== null && isHeld(job, now) && job.token === token);
  const status = job === null ? "missing" : isFenced ? "stale" : "ok";
  if (outcome !== undefined && outcome.status !== status) return IMPOSSIBLE;
  return job !== null && status === "ok" ? { ...job, updatedAt: now } : job;
}

function removed(job: Kept, call: JobCall): After {
  const [{ ids }] = call.request as [{ ids: readonly string[] }];
  const count = answerOf<number>(call);
  // Of several, the count does not tell which.
  if (count !== undefined && ids.length === 1 && count !== (job === null ? 0 : 1)) return IMPOSSIBLE;
  return null;
}

function read(job: Kept, call: JobCall): After {
  const [found] = answerOf<[Found]>(call) ?? [];
  return found === undefined ? job : fitting(job, found);
}

/** The job, with what the answer tells of a token that nobody had heard of. */
function fitting(job: Kept, found: Found): After {
  if (job === null || found === null) return job === found ? job : IMPOSSIBLE;
  return sameAs(withToken(job, found.token), found);
}

function sameAs(job: After, found: Job): After {
  if (job === IMPOSSIBLE || job === null) return IMPOSSIBLE;
  return equalJson(job as unknown as Json, found as unknown as Json) ? job : IMPOSSIBLE;
}

/** What was answered; undefined when nobody heard of it, which a call that failed may have been carried out. */
function answerOf<T>(call: Call): T | undefined {
  return call.end === null || call.error !== undefined ? undefined : (call.answer as T);
}

function nowOf(at: At | undefined): number {
  return at?.now ?? 0;
}
