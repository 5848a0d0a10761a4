import { openQueue, type Queue } from "@anyqueue/api";
import type { WorkPlan } from "./run-worker.ts";

/** Jobs that are still leased to processes that died. */
export interface LeftBehind {
  readonly count: number;
  /** When the first of these leases ends, in epoch milliseconds. */
  readonly until: number;
}

/** Looks for jobs of the plan's lanes that are leased to one of these holders; undefined when there are none. */
export async function leftBehind(plan: WorkPlan, holders: ReadonlySet<string>): Promise<LeftBehind | undefined> {
  await using queue: Queue = await openQueue(plan.backend);
  const lanes = lanesOf(plan);
  let count = 0;
  let until = Infinity;
  let after: string | undefined;
  do {
    const page = await queue.list({
      states: ["active"],
      limit: 1000,
      ...(lanes && { lanes }),
      ...(after !== undefined && { after }),
    });
    for (const { lease } of page.items) {
      if (!lease || !holders.has(lease.holder)) continue;
      count++;
      until = Math.min(until, lease.until);
    }
    after = page.after;
  } while (after !== undefined);
  return count === 0 ? undefined : { count, until };
}

function lanesOf({ options: { lanes } }: WorkPlan): readonly string[] | undefined {
  return lanes && (Array.isArray(lanes) ? (lanes as readonly string[]) : Object.keys(lanes));
}
