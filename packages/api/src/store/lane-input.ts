import { LaneName, LaneSettingsSchema } from "../check/schemas.ts";
import { validator } from "../check/validator.ts";
import type { LaneSettings } from "../contract/lane.ts";

const validateLane = validator(LaneName);
const validateSettings = validator(LaneSettingsSchema);

/** Checks a lane and its settings. @throws QueueError `INVALID` naming the field. */
export function checkLane(lane: string, settings: LaneSettings): void {
  validateLane(lane, "Cannot configure the lane");
  validateSettings(settings, `Cannot configure lane ${lane}`);
}
