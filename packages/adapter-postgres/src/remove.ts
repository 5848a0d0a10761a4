import type { RemoveQuery } from "@anyqueue/api";
import type { Write } from "./write.ts";

/** Removes jobs and their events: these, or those that finished first and long enough ago (P26). */
export async function remove(write: Write, query: RemoveQuery): Promise<number> {
  // Rows are locked in the order of their ids everywhere.
  if ("ids" in query) return (await write.answer(write.sql.remove, [query.ids.toSorted()])) as number;
  const { lane, states, olderThanMs, limit, now } = query;
  return (await write.answer(write.sql.removeFinished, [
    lane ?? null,
    states,
    olderThanMs,
    limit,
    now ?? null,
  ])) as number;
}
