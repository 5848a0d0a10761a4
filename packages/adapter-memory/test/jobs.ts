import type { Adapter, NewJob, TerminalState } from "@anyqueue/api";

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

/** Ends a job of the default lane, whoever holds it. */
export async function finish(queue: Adapter, localId: string, state: TerminalState, now = 1000): Promise<void> {
  const id = `default:${localId}`;
  const [job] = await queue.get([id]);
  await queue.cas([{ id, expect: { version: job?.version ?? 0 }, set: { state } }], { now });
}
