import { decorate } from "../../src/decorate.ts";
import { type Fault, without } from "./fault.ts";

/** Breaks P3 to P5 by what is inserted again, in all, or in the caller's transaction. */
export const again: readonly Fault[] = [
  {
    promise: "P3",
    name: "remembers the ids of removed jobs",
    break(adapter) {
      const removed = new Set<string>();
      return decorate(adapter, {
        remove: async (query) => {
          if ("ids" in query) for (const id of query.ids) removed.add(id);
          return adapter.remove(query);
        },
        insert: async (jobs, at) => {
          const outcomes = await adapter.insert(
            jobs.filter(({ id }) => !removed.has(id)),
            at,
          );
          return jobs.map(({ id }) => (removed.has(id) ? undefined : outcomes.shift()) ?? { status: "added", id });
        },
      });
    },
  },
  {
    promise: "P3",
    name: "takes what is sent again for other jobs",
    break: (adapter) =>
      decorate(adapter, {
        insert: (jobs, at) =>
          adapter.insert(at?.maybeStored ? jobs.map((job) => ({ ...job, id: `${job.id}'` })) : jobs, at),
      }),
  },
  {
    promise: "P4",
    name: "adds the first lane's jobs of an `allOrNone` call",
    break: (adapter) =>
      decorate(adapter, {
        insert: async (jobs, at) => {
          if (!at?.allOrNone) return adapter.insert(jobs, at);
          const first = jobs.filter((job) => job.lane === jobs[0]?.lane);
          const outcomes = await adapter.insert(first, at);
          return jobs.map((job) => outcomes[first.indexOf(job)] ?? { status: "added", id: job.id });
        },
      }),
  },
  {
    promise: "P5",
    name: "loses changes that were made in the caller's transaction",
    break: (adapter) =>
      decorate(adapter, {
        cas: (changes, at) =>
          at?.tx === undefined
            ? adapter.cas(changes, at)
            : Promise.resolve(changes.map(() => ({ status: "ok", version: 3 }) as const)),
      }),
  },
  {
    promise: "P5",
    name: "makes changes outside the caller's transaction",
    break: (adapter) => decorate(adapter, { cas: (changes, at = {}) => adapter.cas(changes, without(at, "tx")) }),
  },
];
