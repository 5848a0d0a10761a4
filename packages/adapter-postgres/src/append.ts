import type { AppendOutcome, At, NewEvent } from "@anyqueue/api";
import { boxed } from "./rows.ts";
import type { Write } from "./write.ts";

/** Adds user events to the logs of jobs. Costs the same however long the log is (P22). */
export async function append(write: Write, entries: readonly NewEvent[], at: At<unknown>): Promise<AppendOutcome[]> {
  const given = JSON.stringify(entries.map(({ id, event, token }) => ({ id, event: boxed(event), token })));
  const statuses = await write.answer(write.sql.append, [given, at.now ?? null, write.durability]);
  return (statuses as AppendOutcome["status"][]).map((status) => ({ status }));
}
