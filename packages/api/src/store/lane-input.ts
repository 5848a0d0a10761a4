import { LaneName, LaneSettingsSchema } from "../check/schemas.ts";
import { validator } from "../check/validator.ts";
import type { LaneSettings } from "../contract/lane.ts";
import { QueueError } from "../errors.ts";

const validateLane = validator(LaneName);
const validateSettings = validator(LaneSettingsSchema);

/** Checks a lane and its settings. @throws QueueError `INVALID` naming the field, `UNSUPPORTED` for limits not built yet. */
export function checkLane(lane: string, settings: LaneSettings): void {
  validateLane(lane, "Cannot configure the lane");
  validateSettings(settings, `Cannot configure lane ${lane}`);
  refuseUnbuilt(settings, lane);
}

const UNBUILT = ["capacity", "concurrency", "rate", "order"] as const;

function refuseUnbuilt(settings: LaneSettings, lane: string): void {
  const field = UNBUILT.find((name) => settings[name] !== undefined && settings[name] !== null);
  const named = field ?? (settings.keep?.count === undefined ? undefined : "keep.count");
  if (named === undefined) return;
  throw new QueueError(
    "UNSUPPORTED",
    `Cannot configure lane ${lane}: \`${named}\` is not supported yet; leave it out.`,
  );
}
