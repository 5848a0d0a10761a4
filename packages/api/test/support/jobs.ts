import type { Job } from "@anyqueue/api";

/** A job as a store would answer it, for tests of pure functions. */
export function jobOf(fields: Partial<Job> = {}): Job {
  return {
    id: "default:1",
    lane: "default",
    type: "mail.send",
    payload: null,
    state: "waiting",
    priority: 512,
    runAt: 0,
    attempt: 0,
    maxAttempts: 3,
    token: 0,
    version: 1,
    insertedAt: 0,
    updatedAt: 0,
    ...fields,
  };
}

/** A job that is held until 1000 by token 7. */
export function heldJob(fields: Partial<Job> = {}): Job {
  const lease = { token: 7, until: 1000, holder: "a", from: "waiting" };
  return jobOf({ state: "active", attempt: 1, token: 7, version: 2, lease, ...fields });
}
