import type { Scenario } from "../scenario.ts";
import { backlog } from "./backlog.ts";
import { connections } from "./connections.ts";
import { cost } from "./cost.ts";
import { idle } from "./idle.ts";
import { jobq } from "./jobq.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { payload } from "./payload.ts";
import { pinned } from "./pinned.ts";
import { processes } from "./processes.ts";
import { shaping } from "./shaping.ts";
import { steady } from "./steady.ts";
import { throughput } from "./throughput.ts";
import { verbsAlone } from "./verbs.ts";

/** Every scenario, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  throughput,
  verbsAlone,
  latency,
  backlog,
  cost,
  idle,
  steady,
  processes,
  payload,
  memory,
  jobq,
  shaping,
  pinned,
  connections,
];
