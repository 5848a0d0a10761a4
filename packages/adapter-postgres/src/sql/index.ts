import { APPEND_EVENTS } from "./append-events.ts";
import { CANDIDATES } from "./candidates.ts";
import { CAS } from "./cas.ts";
import { CONFIGURE_LANE } from "./configure-lane.ts";
import { GET_JOBS } from "./get-jobs.ts";
import { INSERT_JOBS } from "./insert-jobs.ts";
import { LANE_STATUS } from "./lane-status.ts";
import { POLL } from "./poll.ts";
import { READ_EVENTS } from "./read-events.ts";
import { REMOVE_JOBS } from "./remove-jobs.ts";
import { SETTLE } from "./settle.ts";
import { SURFACE } from "./surface.ts";
import { TAKE } from "./take.ts";
import { TEND_HISTORY } from "./tend-history.ts";

/** Every function of the schema, as the newest code has it. Replaced whole by each migration. */
export const FUNCTIONS = [
  INSERT_JOBS,
  POLL,
  CANDIDATES,
  TAKE,
  CAS,
  SETTLE,
  GET_JOBS,
  REMOVE_JOBS,
  TEND_HISTORY,
  APPEND_EVENTS,
  READ_EVENTS,
  CONFIGURE_LANE,
  LANE_STATUS,
  SURFACE,
].join("\n");

export { repartition } from "./partitions.ts";
export { TABLES } from "./tables.ts";
