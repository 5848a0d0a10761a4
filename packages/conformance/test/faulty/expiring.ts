import type { Change } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault } from "./fault.ts";

/** Breaks P15 by who takes a job over whose lease ended, and by how it is settled. */
export const expiring: readonly Fault[] = [
  {
    promise: "P15",
    name: "charges a rescuer as an attempt",
    break: (adapter) =>
      decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          const at = request.now === undefined ? {} : { now: request.now };
          const changes = result.expired.map(({ id, token, attempt }) => ({
            id,
            expect: { token },
            set: { attempt: attempt + 1 },
          }));
          if (changes.length > 0) await adapter.cas(changes, at);
          return result;
        },
      }),
  },
  {
    promise: "P15",
    name: "takes over more than it was asked for",
    break: (adapter) =>
      decorate(adapter, {
        poll: (request) => adapter.poll({ ...request, ...(request.expired && { expired: request.expired + 1 }) }),
      }),
  },
  {
    promise: "P15",
    name: "takes nothing over in paused lanes",
    break(adapter) {
      return decorate(adapter, {
        poll: async (request) => {
          const lanes = await adapter.lanes();
          const paused = lanes.some((lane) => lane.settings.paused);
          return adapter.poll(paused ? { ...request, expired: 0 } : request);
        },
      });
    },
  },
  {
    promise: "P15",
    name: "drops a job that was rescued twice",
    break(adapter) {
      const rescued = new Set<string>();
      return decorate(adapter, {
        poll: async (request) => {
          const result = await adapter.poll(request);
          for (const { id } of result.expired) {
            if (rescued.has(id)) await adapter.remove({ ids: [id] });
            rescued.add(id);
          }
          return result;
        },
      });
    },
  },
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
