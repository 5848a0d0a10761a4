import type { Keep } from "../contract/lane.ts";
import type { RemoveQuery } from "../contract/query.ts";

const DAY = 86_400_000;

/** How long finished jobs stay when their lane does not say: completed a day, failed and cancelled a week (P26). */
export const DEFAULT_KEEP = { completed: DAY, failed: 7 * DAY, cancelled: 7 * DAY } as const;

/** The removal that a lane's retention asks for, of at most `limit` jobs. */
export function removal(lane: string, keep: Keep | null | undefined, limit: number): RemoveQuery {
  return { lane, keep: { ...DEFAULT_KEEP, ...keep }, limit };
}
