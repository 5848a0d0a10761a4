import type { JobEvent } from "../contract/event.ts";
import type { LaneSettings } from "../contract/lane.ts";

/** Whether a lane's log takes an event: insertions and transitions only with `history: "all"` (P22). */
export function isRecorded({ kind }: Pick<JobEvent, "kind">, { history }: LaneSettings): boolean {
  return history === "all" || kind === "failed" || kind === "user";
}
