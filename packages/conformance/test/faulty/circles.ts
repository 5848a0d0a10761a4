import { type Adapter, type NewJob, QueueError } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, without } from "./fault.ts";

/** Breaks what P20 says about jobs that would wait for themselves. */
export const circles: readonly Fault[] = [
  fault("does not notice circles", (adapter) =>
    decorate(adapter, {
      insert: (jobs, at) =>
        adapter.insert(jobs, at).catch((error: unknown) => {
          if (error instanceof QueueError) return jobs.map(({ id }) => ({ status: "added", id }) as const);
          throw error;
        }),
    }),
  ),
  fault("names no jobs when it refuses a circle", (adapter) =>
    decorate(adapter, {
      insert: (jobs, at) =>
        adapter.insert(jobs, at).catch(() => {
          throw new QueueError("INVALID", "There is a circle.");
        }),
    }),
  ),
  fault("stores a part of a call with a circle", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        try {
          return await adapter.insert(jobs, at);
        } catch (error) {
          await adapter.insert(
            jobs.filter((job) => !job.dependsOn),
            at,
          );
          throw error;
        }
      },
    }),
  ),
  fault("makes the changes without their successors when those would wait for themselves", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        try {
          return await adapter.cas(changes, at);
        } catch (error) {
          await adapter.cas(
            changes.map((each) => without(each, "spawn")),
            at,
          );
          throw error;
        }
      },
    }),
  ),
  fault("lets successors wait for themselves", (adapter) =>
    decorate(adapter, {
      cas: (changes, at) =>
        adapter.cas(changes, at).catch(() => changes.map(() => ({ status: "ok", version: 3 }) as const)),
    }),
  ),
  fault("sees no circle through a new job that is cancelled at once", (adapter) =>
    decorate(adapter, {
      insert: (jobs, at) =>
        adapter.insert(jobs, at).catch(async (error: unknown) => {
          const ids = jobs.map((job) => job.id);
          const parents = [...new Set(jobs.flatMap((job) => job.dependsOn ?? []))];
          const found = await adapter.get(parents);
          const lost = new Set(
            parents.filter(
              (id, i) => !ids.includes(id) && ["failed", "cancelled", undefined].includes(found[i]?.state),
            ),
          );
          const isLost = (job: NewJob) => job.onParent === "cancel" && job.dependsOn?.some((id) => lost.has(id));
          if (!jobs.some(isLost)) throw error;
          return adapter.insert(
            jobs.map((job) => (isLost(job) ? { ...job, dependsOn: [...lost] } : job)),
            at,
          );
        }),
    }),
  ),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P20", name, break: breaking };
}
