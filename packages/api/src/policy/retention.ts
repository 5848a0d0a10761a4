import type { Keep } from "../contract/lane.ts";
import { TERMINAL_STATES } from "../contract/names.ts";
import type { RemoveQuery } from "../contract/query.ts";

const DAY = 86_400_000;

/** How long finished jobs stay when their lane does not say: completed a day, failed and cancelled a week (P26). */
export const DEFAULT_KEEP = { completed: DAY, failed: 7 * DAY, cancelled: 7 * DAY } as const;

/** The removals that a lane's retention asks for, each of at most `limit` jobs. */
export function removals(lane: string, keep: Keep | null | undefined, limit: number): RemoveQuery[] {
  return TERMINAL_STATES.map((state) => {
    const kept = keep?.[state] ?? DEFAULT_KEEP[state];
    return { lane, states: [state], olderThanMs: kept === false ? 0 : kept, limit };
  });
}
