import type { Job, Json } from "@anyqueue/api";
import { addRare, type RareColumns } from "./rows.ts";

/** What `poll_jobs` answers of the jobs that it claimed in one lane: column by column, in poll order. */
export interface ClaimedJobs {
  readonly lane: string;
  readonly at: number;
  readonly until: number;
  readonly seq: readonly number[];
  readonly id: readonly string[];
  readonly type: readonly string[];
  readonly priority: readonly number[];
  readonly runAt: readonly number[];
  readonly attempt: readonly number[];
  readonly maxAttempts: readonly number[];
  readonly token: readonly number[];
  readonly version: readonly number[];
  readonly insertedAt: readonly number[];
  readonly payload: readonly Json[];
  /** Null when none of the jobs has any. */
  readonly rare: readonly RareColumns[] | null;
}

/** As whom, and from where to where, jobs were claimed. */
export interface Claim {
  readonly from: string;
  readonly to: string;
  readonly holder: string;
}

/** The jobs that were claimed. */
export function jobsOf(claimed: ClaimedJobs, { from, to, holder }: Claim): Job[] {
  const { lane, at, until, type, priority, runAt, attempt, maxAttempts, token, version, insertedAt, payload, rare } =
    claimed;
  return claimed.id.map((id, i) => {
    const job = {
      id,
      lane,
      type: type[i] as string,
      payload: payload[i] as Json,
      state: to,
      priority: priority[i] as number,
      runAt: runAt[i] as number,
      attempt: attempt[i] as number,
      maxAttempts: maxAttempts[i] as number,
      token: token[i] as number,
      version: version[i] as number,
      insertedAt: insertedAt[i] as number,
      updatedAt: at,
      lease: { token: token[i] as number, until, holder, from },
    };
    return rare === null ? job : addRare(job, rare[i] as RareColumns);
  });
}
