import { APPEND_EVENTS } from "./append-events.ts";
import { CANDIDATES } from "./candidates.ts";
import { CAS } from "./cas.ts";
import { CONFIGURE_LANE } from "./configure-lane.ts";
import { DEPENDENCIES } from "./dependencies.ts";
import { GET_JOBS } from "./get-jobs.ts";
import { INSERT_JOBS } from "./insert-jobs.ts";
import { INSERT_SHAPED } from "./insert-shaped.ts";
import { KEEP } from "./keep.ts";
import { LANE_STATUS } from "./lane-status.ts";
import { LIMITS } from "./limits.ts";
import { POLL } from "./poll.ts";
import { READY_PAGES_READ } from "./ready-pages-read.ts";
import { READ_EVENTS } from "./read-events.ts";
import { REMOVE_FINISHED } from "./remove-finished.ts";
import { REMOVE_JOBS } from "./remove-jobs.ts";
import { SETTLE } from "./settle.ts";
import { SURFACE } from "./surface.ts";
import { TAKE } from "./take.ts";
import { TEND_HISTORY } from "./tend-history.ts";
import { TURNS } from "./turns.ts";
import { UNIQUE_KEYS } from "./unique-keys.ts";

/** Every function of the schema, as the newest code has it. Replaced whole by each migration. */
export const FUNCTIONS = [
  KEEP,
  UNIQUE_KEYS,
  TURNS,
  LIMITS,
  DEPENDENCIES,
  INSERT_SHAPED,
  INSERT_JOBS,
  READY_PAGES_READ,
  POLL,
  CANDIDATES,
  TAKE,
  CAS,
  SETTLE,
  GET_JOBS,
  REMOVE_JOBS,
  REMOVE_FINISHED,
  TEND_HISTORY,
  APPEND_EVENTS,
  READ_EVENTS,
  CONFIGURE_LANE,
  LANE_STATUS,
  SURFACE,
].join("\n");

export { repartition } from "./partitions.ts";
export { SHAPING } from "./shaping-tables.ts";
export { TABLES } from "./tables.ts";
