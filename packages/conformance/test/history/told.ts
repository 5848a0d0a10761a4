import { advance, type CasOutcome, type Change, freshJob, type Job, type NewJob, takeOver } from "@anyqueue/api";
import type { Call } from "../../src/history/call.ts";
import { T0 } from "../../src/time.ts";

/** When a call was under way; an open one has no answer. */
export type When = readonly [begin: number, end: number | null];

export const NEW: NewJob = {
  id: "main:1",
  lane: "main",
  type: "work.do",
  payload: null,
  state: "waiting",
  priority: 512,
  maxAttempts: 3,
};

const LEASE_MS = 1000;

/** A job as it is after its insertion. */
export const FRESH: Job = freshJob(NEW, T0);

/** A job as a poll answers it. */
export function leased(token: number, holder: string, job: Job = FRESH, now = T0): Job {
  return advance(job, { to: "active", now, lease: { token, ms: LEASE_MS, holder } });
}

/** A job as a rescuer gets it. */
export function rescued(token: number, holder: string, job: Job, now: number): Job {
  return takeOver(job, { token, ms: LEASE_MS, holder }, now);
}

export function insert([begin, end]: When, status: "added" | Job): Call {
  const outcome =
    typeof status === "string" ? { status, id: NEW.id } : { status: "existing", id: NEW.id, by: "id", job: status };
  return call("insert", [[NEW], { now: T0, maybeStored: true }], [begin, end], [outcome]);
}

/** A poll that answers these jobs, `expired` those that it takes over. */
export function poll(
  [begin, end]: When,
  holder: string,
  jobs: readonly Job[],
  expired: readonly Job[] = [],
  now = T0,
): Call {
  const request = { lanes: ["main"], limit: 1, expired: 1, lease: { ms: LEASE_MS, holder }, now };
  return call("poll", [request], [begin, end], { jobs, expired, nextDueAt: null, now });
}

export function cas([begin, end]: When, change: Omit<Change, "id">, outcome: CasOutcome, now = T0): Call {
  return call("cas", [[{ id: NEW.id, ...change }], { now }], [begin, end], [outcome]);
}

/** A holder completes its job. */
export function complete(when: When, token: number, outcome: CasOutcome, now = T0): Call {
  return cas(when, { expect: { token }, set: { state: "completed" } }, outcome, now);
}

export function get([begin, end]: When, job: Job | null): Call {
  return call("get", [[NEW.id]], [begin, end], [job]);
}

export function remove([begin, end]: When, count: number): Call {
  return call("remove", [{ ids: [NEW.id], now: T0 }], [begin, end], count);
}

/** A removal of this job and of another one, which tells how many there were. */
export function removeMany([begin, end]: When, count: number): Call {
  return call("remove", [{ ids: [NEW.id, "main:other"], now: T0 }], [begin, end], count);
}

/** The same call, whose caller was told that it failed. */
export function failed(told: Call): Call {
  return { ...told, answer: undefined, error: "UNAVAILABLE: the connection was lost" };
}

function call(verb: Call["verb"], request: readonly unknown[], [begin, end]: When, answer: unknown): Call {
  return { client: "a", verb, request, begin, end, ...(end !== null && { answer }) };
}
