import { COUNT_BOUND, type LaneSettings, type LaneStatus } from "@anyqueue/api";
import type { Answering } from "./connection.ts";
import type { Statements } from "./statements.ts";
import type { Write } from "./write.ts";

/** What `lane_status` answers of a lane. A state may come twice: ready, and scheduled ahead. */
type Row = readonly [
  lane: string,
  settings: LaneSettings,
  counts: readonly (readonly [state: string, count: number])[],
  oldestDueAt: number | null,
];

/** The settings and counts of every lane, by name. Every count stops at its bound, so a long backlog costs no more. */
export async function lanes(server: Answering, sql: Statements, now: number | undefined): Promise<LaneStatus[]> {
  const rows = (await server.answer(sql.lanes, [now ?? null])) as readonly Row[];
  return rows.map(([lane, settings, found, oldestDueAt]) => {
    const counts = new Map<string, number>();
    for (const [state, count] of found) counts.set(state, (counts.get(state) ?? 0) + count);
    const entries = [...counts].filter(([, count]) => count > 0);
    return {
      lane,
      settings,
      counts: Object.fromEntries(entries.map(([state, count]) => [state, Math.min(count, COUNT_BOUND)])),
      atLeast: entries.filter(([, count]) => count > COUNT_BOUND).map(([state]) => state),
      oldestDueAt,
    };
  });
}

/** Merges settings into a lane's: what is absent stays, and `null` resets (P19). */
export async function configure(write: Write, lane: string, settings: LaneSettings): Promise<void> {
  await write.answer(write.sql.configure, [lane, JSON.stringify(settings)]);
  write.hints.lane(lane);
}
