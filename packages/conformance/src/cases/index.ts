import type { Case } from "../case.ts";
import { blockedElsewhere } from "./blocked-elsewhere.ts";
import { blockedJobs } from "./blocked-jobs.ts";
import { cancelling } from "./cancelling.ts";
import { capacityRaces } from "./capacity-races.ts";
import { capacity } from "./capacity.ts";
import { choosing } from "./choosing.ts";
import { closing } from "./closing.ts";
import { concurrency } from "./concurrency.ts";
import { crashing } from "./crashing.ts";
import { cursors } from "./cursors.ts";
import { customStates } from "./custom-states.ts";
import { deciding } from "./deciding.ts";
import { dependencies } from "./dependencies.ts";
import { dependencyCircles } from "./dependency-circles.ts";
import { dependencyGraphs } from "./dependency-graphs.ts";
import { dependencyRaces } from "./dependency-races.ts";
import { due } from "./due.ts";
import { duplicates } from "./duplicates.ts";
import { errors } from "./errors.ts";
import { failingWorkers } from "./failing-workers.ts";
import { faultsOfCalls } from "./faults-of-calls.ts";
import { fencing } from "./fencing.ts";
import { fifo } from "./fifo.ts";
import { finality } from "./finality.ts";
import { following } from "./following.ts";
import { guarding } from "./guarding.ts";
import { hinting } from "./hinting.ts";
import { inserting } from "./inserting.ts";
import { json } from "./json.ts";
import { lanes } from "./lanes.ts";
import { listing } from "./listing.ts";
import { logging } from "./logging.ts";
import { model } from "./model.ts";
import { nextDueHeldUp } from "./next-due-held-up.ts";
import { nextDue } from "./next-due.ts";
import { ordering } from "./ordering.ts";
import { orderingKeys } from "./ordering-keys.ts";
import { orderingRaces } from "./ordering-races.ts";
import { pausing } from "./pausing.ts";
import { predicates } from "./predicates.ts";
import { processes } from "./processes.ts";
import { racing } from "./racing.ts";
import { randomGraphs } from "./random-graphs.ts";
import { rate } from "./rate.ts";
import { removing } from "./removing.ts";
import { rescuing } from "./rescuing.ts";
import { retention } from "./retention.ts";
import { shapingProcesses } from "./shaping-processes.ts";
import { spawning } from "./spawning.ts";
import { streaming } from "./streaming.ts";
import { surviving } from "./surviving.ts";
import { transactions } from "./transactions.ts";
import { turns } from "./turns.ts";
import { typePatterns } from "./type-patterns.ts";
import { unique } from "./unique.ts";
import { uniqueRaces } from "./unique-races.ts";
import { working } from "./working.ts";
import { workingLanes } from "./working-lanes.ts";

const groups: readonly (readonly Case[])[] = [
  surviving,
  json,
  inserting,
  transactions,
  guarding,
  choosing,
  ordering,
  listing,
  cursors,
  due,
  predicates,
  typePatterns,
  nextDue,
  nextDueHeldUp,
  customStates,
  deciding,
  duplicates,
  fencing,
  spawning,
  finality,
  rescuing,
  errors,
  unique,
  uniqueRaces,
  orderingKeys,
  turns,
  orderingRaces,
  fifo,
  pausing,
  lanes,
  capacity,
  capacityRaces,
  concurrency,
  rate,
  dependencies,
  blockedJobs,
  dependencyRaces,
  randomGraphs,
  dependencyGraphs,
  dependencyCircles,
  blockedElsewhere,
  cancelling,
  logging,
  following,
  streaming,
  hinting,
  closing,
  removing,
  retention,
  model,
  racing,
  faultsOfCalls,
  failingWorkers,
  processes,
  shapingProcesses,
  crashing,
  working,
  workingLanes,
];

/** Every case, in the order of the promises. */
export const cases: readonly Case[] = groups.flat().sort((a, b) => rank(a) - rank(b));

/** P13a comes between P13 and P14. */
function rank({ promise }: Case): number {
  return Number.parseInt(promise.slice(1), 10) + (promise.endsWith("a") ? 0.5 : 0);
}
