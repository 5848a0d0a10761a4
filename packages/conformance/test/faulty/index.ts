import { choosing } from "./choosing.ts";
import { deciding } from "./deciding.ts";
import type { Fault } from "./fault.ts";
import { living } from "./living.ts";
import { paging } from "./paging.ts";
import { storing } from "./storing.ts";

export type { Fault } from "./fault.ts";

/** Everything that the suite is known to find. */
export const faults: readonly Fault[] = [...storing, ...choosing, ...deciding, ...paging, ...living];
