import type { LaneSettings } from "../contract/index.ts";
import { mergeSettings } from "../semantics/index.ts";
import type { Step } from "./step.ts";
import { ask, type Work } from "./work.ts";

/** Changes what is set of a lane's settings, and brings the lane into being (P19). */
export function* configure(step: Step, lane: string, settings: LaneSettings): Work<void> {
  const known = step.lane(lane);
  const bucket = settings.rate === null ? undefined : known.bucket;
  yield* step.setLane({ lane, settings: mergeSettings(known.settings, settings), bucket });
  // There may be more turns than before.
  for (const line of yield* ask(step.rows.linesOf(lane))) step.lookAtLine(line);
  step.hint({ lane });
}
