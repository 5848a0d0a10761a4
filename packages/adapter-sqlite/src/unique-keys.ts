import { holdsKey, type Job, type NewJob } from "@anyqueue/api";
import { toJob } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/**
 * The job that holds this unique key now, if any (P17). Only the last one that took the key can: whoever took it before
 * had let it go by then, and whoever takes it up again is asked first.
 */
export function holderOf(
  tx: Transaction,
  { lane, unique }: Pick<NewJob, "lane" | "unique">,
  now: number,
): Job | undefined {
  const id = unique && tx.sql.findTaker.get(lane, unique.key);
  const row = id === undefined ? undefined : tx.sql.find.get(id);
  const job = row && toJob(row);
  return job !== undefined && holdsKey(job, now) ? job : undefined;
}

/** Notes that a job has taken its unique key. */
export function takeKey(tx: Transaction, { lane, id, unique }: Pick<NewJob, "lane" | "id" | "unique">): void {
  if (unique !== undefined) tx.sql.keepTaker.run(lane, unique.key, id);
}
