import { SURFACE_CIRCLE } from "./surface-circle.ts";
import { SURFACE_CLAIM } from "./surface-claim.ts";
import { SURFACE_ENQUEUE } from "./surface-enqueue.ts";
import { SURFACE_LANES } from "./surface-lanes.ts";
import { SURFACE_NEW_JOB } from "./surface-new-job.ts";
import { SURFACE_POLICY } from "./surface-policy.ts";
import { SURFACE_ROLES } from "./surface-roles.ts";
import { SURFACE_SETTLE } from "./surface-settle.ts";
import { SURFACE_SHAPE } from "./surface-shape.ts";
import { SURFACE_TELL } from "./surface-tell.ts";
import { SURFACE_VALUES } from "./surface-values.ts";
import { SURFACE_VIEWS } from "./surface-views.ts";

/** What the schema offers to other languages, on top of the functions of the adapter. The rights come last. */
export const SURFACE = [
  SURFACE_VALUES,
  SURFACE_TELL,
  SURFACE_SHAPE,
  SURFACE_NEW_JOB,
  SURFACE_CIRCLE,
  SURFACE_ENQUEUE,
  SURFACE_POLICY,
  SURFACE_CLAIM,
  SURFACE_SETTLE,
  SURFACE_LANES,
  SURFACE_VIEWS,
  SURFACE_ROLES,
].join("\n");
