import { type Adapter, type Job, type NewJob, QueueError } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { type Fault, later, without } from "./fault.ts";
import { find, storing } from "./shaping.ts";

/** Breaks P25 when a store is opened or closed, and P26 and P20 when jobs go. */
export const ending: readonly Fault[] = [
  fault("P25", "makes a lane when it is opened", (adapter) =>
    decorate(adapter, {
      open: async () => {
        await adapter.open();
        await adapter.configure("default", {});
      },
    }),
  ),
  fault("P25", "cannot be closed while somebody listens", (adapter) => {
    let listeners = 0;
    return decorate(adapter, {
      subscribe: async (wake) => {
        listeners += 1;
        const unsubscribe = await adapter.subscribe(wake);
        return () => {
          listeners -= 1;
          unsubscribe();
        };
      },
      close: async () => {
        if (listeners > 0) throw new Error("Somebody listens.");
        await adapter.close();
      },
    });
  }),
  fault("P25", "goes on telling after it was closed", (adapter) => decorate(adapter, { close: async () => {} })),
  fault("P25", "does not wait at its close for what it is about to store", (adapter) => {
    let isClosed = false;
    return decorate(adapter, {
      insert: async (jobs, at) => {
        void later().then(() => (isClosed ? [] : adapter.insert(jobs, at)));
        return jobs.map(({ id }) => ({ status: "added", id }));
      },
      close: async () => {
        isClosed = true;
        await adapter.close();
      },
    });
  }),
  fault("P26", "keeps no finished jobs of a lane that says nothing of them", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const lanes = await adapter.lanes();
        const isSilent = (job: NewJob) => !lanes.some(({ lane, settings }) => lane === job.lane && settings.keep);
        return adapter.insert(
          jobs.map((job) => (isSilent(job) ? { keep: { completed: false, failed: false }, ...job } : job)),
          at,
        );
      },
    }),
  ),
  fault("P26", "removes by ids at a time of its own", (adapter) =>
    decorate(adapter, { remove: (query) => adapter.remove("ids" in query ? without(query, "now") : query) }),
  ),
  fault("P26", "removes one by one what it is told to remove together", (adapter) =>
    decorate(adapter, {
      remove: async (query) => {
        if (!("ids" in query)) return adapter.remove(query);
        let count = 0;
        for (const id of query.ids) count += await adapter.remove({ ...query, ids: [id] });
        return count;
      },
    }),
  ),
  fault("P26", "lists removed jobs among the finished ones", (adapter) => {
    const removed: Job[] = [];
    return decorate(adapter, {
      remove: async (query) => {
        const finished = await find(adapter, () => true, { order: "finished" });
        const count = await adapter.remove(query);
        const left = await adapter.get(finished.map((job) => job.id));
        removed.push(...finished.filter((_, i) => left[i] === null));
        return count;
      },
      list: async (query) => {
        const page = await adapter.list(query);
        return query.order === "finished" ? { ...page, items: [...removed, ...page.items] } : page;
      },
    });
  }),
  fault("P26", "keeps what is cancelled with what it depends on, though its lane does not", (adapter) =>
    storing(adapter, (job) => (job.dependsOn ? { keep: { cancelled: 1e12 }, ...job } : job)),
  ),
  fault("P20", "sees circles through jobs that have completed", (adapter) => {
    const behind = new Map<string, readonly string[]>();
    return decorate(adapter, {
      insert: (jobs, at) => {
        for (const { id, dependsOn = [] } of jobs) {
          if (dependsOn.some((parent) => behind.get(parent)?.includes(id))) {
            throw new QueueError("INVALID", `There is a circle: ${id}.`);
          }
          behind.set(id, dependsOn);
        }
        return adapter.insert(jobs, at);
      },
    });
  }),
];

function fault(promise: Fault["promise"], name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise, name, break: breaking };
}
