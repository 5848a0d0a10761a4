import { choosing } from "./choosing.ts";
import { deciding } from "./deciding.ts";
import type { Fault } from "./fault.ts";
import { graphs } from "./graphs.ts";
import { keeping } from "./keeping.ts";
import { keys } from "./keys.ts";
import { limits } from "./limits.ts";
import { lines } from "./lines.ts";
import { living } from "./living.ts";
import { paging } from "./paging.ts";
import { room } from "./room.ts";
import { sparing } from "./sparing.ts";
import { storing } from "./storing.ts";

export type { Fault } from "./fault.ts";

/** Everything that the suite is known to find. */
export const faults: readonly Fault[] = [
  ...storing,
  ...choosing,
  ...deciding,
  ...keys,
  ...lines,
  ...room,
  ...limits,
  ...graphs,
  ...sparing,
  ...paging,
  ...living,
  ...keeping,
];
