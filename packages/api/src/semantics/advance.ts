import type { Job, Lease } from "../contract/job.ts";
import { isTerminal } from "../contract/names.ts";

/** What a poll wants with a job: move it to a state, with or without a lease. */
export interface Advance {
  readonly to: string;
  readonly now: number;
  readonly lease?: { readonly token: number; readonly ms: number; readonly holder: string } | undefined;
}

/** The job as a poll leaves it: moved on and, with a lease, one more attempt charged. */
export function advance(job: Job, { to, now, lease }: Advance): Job {
  const version = job.version + 1;
  if (lease) {
    const held: Lease = { token: lease.token, until: now + lease.ms, holder: lease.holder, from: job.state };
    const attempt = job.attempt + 1;
    return { ...job, state: to, version, updatedAt: now, attempt, token: lease.token, lease: held };
  }
  const next = { ...job, state: to, version, updatedAt: now };
  return isTerminal(to) ? { ...next, finishedAt: now } : { ...next, attempt: 0 };
}

/** The job as a rescuer takes it over: a new token and lease; state, attempt and the state it came from stay (P15). */
export function takeOver(job: Job, lease: { token: number; ms: number; holder: string }, now: number): Job {
  const from = job.lease?.from ?? job.state;
  return {
    ...job,
    token: lease.token,
    lease: { token: lease.token, until: now + lease.ms, holder: lease.holder, from },
    version: job.version + 1,
    updatedAt: now,
  };
}
