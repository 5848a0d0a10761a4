import { type AppendOutcome, isCustom, isHeld, type NewEvent } from "@anyqueue/api";
import { toJob } from "./rows.ts";
import type { Transaction } from "./transaction.ts";

/** Adds user events to the logs of jobs. Costs the same however long the log is (P22). */
export function append(tx: Transaction, entries: readonly NewEvent[], now: number): AppendOutcome[] {
  return entries.map(({ id, event, token }): AppendOutcome => {
    const row = tx.sql.findHot.get(JSON.stringify([id]));
    if (row === undefined) return { status: "missing" };
    const job = toJob(row);
    if (token !== undefined && !(isHeld(job, now) && job.token === token)) return { status: "stale" };
    tx.log(job.lane, { id, at: now, kind: "user", data: event });
    tx.sql.touch.run(now, isCustom(job.state) ? tx.ticks(1) : null, row[0]);
    return { status: "ok" };
  });
}
