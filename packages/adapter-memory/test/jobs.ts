import type { NewJob } from "@anyqueue/api";

/** A job as `Store` hands it to an adapter. */
export function newJob(localId: string, fields: Partial<NewJob> = {}): NewJob {
  const lane = fields.lane ?? "default";
  return {
    id: `${lane}:${localId}`,
    lane,
    type: "mail.send",
    payload: { to: localId },
    state: "waiting",
    priority: 512,
    maxAttempts: 3,
    ...fields,
  };
}

/** A lease for a minute. */
export const lease = { ms: 60_000, holder: "worker" } as const;
