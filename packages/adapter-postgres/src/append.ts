import type { AppendOutcome, At, NewEvent } from "@anyqueue/api";
import { boxed } from "./rows.ts";
import type { Write } from "./write.ts";

/** Adds user events to the logs of jobs. Costs the same however long the log is (P22). */
export async function append(write: Write, entries: readonly NewEvent[], at: At<unknown>): Promise<AppendOutcome[]> {
  // Rows are locked in the order of their ids everywhere. The events of one job keep theirs.
  const placed = entries.map((entry, place) => ({ ...entry, place })).toSorted((a, b) => compare(a.id, b.id));
  const given = JSON.stringify(placed.map(({ id, event, token }) => ({ id, event: boxed(event), token })));
  const statuses = (await write.answer(write.sql.append, [given, at.now ?? null, write.durability])) as Status[];
  const outcomes: AppendOutcome[] = [];
  for (const [n, { place }] of placed.entries()) outcomes[place] = { status: statuses[n] ?? "missing" };
  return outcomes;
}

type Status = AppendOutcome["status"];

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
