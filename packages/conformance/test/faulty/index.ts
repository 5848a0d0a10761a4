import { again } from "./again.ts";
import { changes } from "./changes.ts";
import { choosing } from "./choosing.ts";
import { circles } from "./circles.ts";
import { data } from "./data.ts";
import { deciding } from "./deciding.ts";
import { ending } from "./ending.ts";
import { expiring } from "./expiring.ts";
import type { Fault } from "./fault.ts";
import { filters } from "./filters.ts";
import { followers } from "./followers.ts";
import { following } from "./following.ts";
import { graphs } from "./graphs.ts";
import { keeping } from "./keeping.ts";
import { keys } from "./keys.ts";
import { lanes } from "./lanes.ts";
import { limits } from "./limits.ts";
import { lines } from "./lines.ts";
import { living } from "./living.ts";
import { logs } from "./logs.ts";
import { orders } from "./orders.ts";
import { paging } from "./paging.ts";
import { polling } from "./polling.ts";
import { predicates } from "./predicates.ts";
import { racing } from "./racing.ts";
import { room } from "./room.ts";
import { sparing } from "./sparing.ts";
import { stopping } from "./stopping.ts";
import { storing } from "./storing.ts";
import { stranding } from "./stranding.ts";
import { successors } from "./successors.ts";
import { tokens } from "./tokens.ts";
import { trying } from "./trying.ts";
import { turbulent } from "./turbulent.ts";
import { waking } from "./waking.ts";

export type { Fault } from "./fault.ts";

/** Everything that the suite is known to find. */
export const faults: readonly Fault[] = [
  ...storing,
  ...data,
  ...again,
  ...choosing,
  ...predicates,
  ...polling,
  ...orders,
  ...paging,
  ...filters,
  ...waking,
  ...deciding,
  ...changes,
  ...successors,
  ...tokens,
  ...expiring,
  ...trying,
  ...keys,
  ...lines,
  ...followers,
  ...room,
  ...limits,
  ...graphs,
  ...stranding,
  ...circles,
  ...sparing,
  ...lanes,
  ...living,
  ...stopping,
  ...logs,
  ...following,
  ...ending,
  ...keeping,
  ...racing,
  ...turbulent,
];
