import type { RemoveQuery } from "@anyqueue/api";
import { heard, type Told } from "./told.ts";
import type { Write } from "./write.ts";

/** Removes jobs and their events: these, or those that finished first and long enough ago (P26). */
export async function remove(write: Write, query: RemoveQuery): Promise<number> {
  // Rows are locked in the order of their ids everywhere.
  if ("ids" in query) {
    const answer = await write.answer(write.sql.remove, [query.ids.toSorted(), query.now ?? null]);
    return heard(write, answer as Told<number> | number) ?? 0;
  }
  if ("keep" in query) {
    const { lane, keep, limit, now } = query;
    return (await write.answer(write.sql.removeOutdated, [lane, JSON.stringify(keep), limit, now ?? null])) as number;
  }
  const { lane, states, olderThanMs, limit, now } = query;
  return (await write.answer(write.sql.removeFinished, [
    lane ?? null,
    states,
    olderThanMs,
    limit,
    now ?? null,
  ])) as number;
}
