import type { Change } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault } from "./fault.ts";

/** Breaks P15 when a job whose lease ended is settled. */
export const expiring: readonly Fault[] = [
  {
    promise: "P15",
    name: "counts an expiry twice",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const jobs = await adapter.get(changes.map((each) => each.id));
          const counted = changes.map((each, i): Change => {
            const { attempt } = jobs[i] ?? { attempt: 0 };
            return isExpiry(each) ? { ...each, set: { ...each.set, attempt: attempt + 1 } } : each;
          });
          return adapter.cas(counted, at);
        },
      }),
  },
  {
    promise: "P15",
    name: "drops the job on the last expiry",
    break: (adapter) =>
      decorate(adapter, {
        cas: async (changes, at) => {
          const outcomes = await adapter.cas(changes, at);
          const last = changes.filter((each) => isExpiry(each) && each.set.state === "failed");
          await adapter.remove({ ids: last.map((each) => each.id) });
          return outcomes;
        },
      }),
  },
];

/** Whether a change settles a job whose lease has ended. */
function isExpiry({ set }: Change): boolean {
  return set.error?.code === "LEASE_ENDED";
}
