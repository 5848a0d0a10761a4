import type { Scenario } from "../scenario.ts";
import { backlog } from "./backlog.ts";
import { connections } from "./connections.ts";
import { cost } from "./cost.ts";
import { idle } from "./idle.ts";
import { latency } from "./latency.ts";
import { pinned } from "./pinned.ts";
import { processes } from "./processes.ts";
import { shaping } from "./shaping.ts";
import { throughput } from "./throughput.ts";

/** Every scenario, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  throughput,
  latency,
  backlog,
  cost,
  idle,
  processes,
  shaping,
  pinned,
  connections,
];
