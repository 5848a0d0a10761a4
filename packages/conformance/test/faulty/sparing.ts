import { type Adapter, isTerminal, type Job } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import type { Fault } from "./fault.ts";
import { find } from "./shaping.ts";

/** Breaks what P20 says about results that others may still read. */
export const sparing: readonly Fault[] = [
  fault("removes jobs on which others depend", (adapter) =>
    decorate(adapter, {
      remove: async (query) => {
        const count = await adapter.remove(query);
        if ("ids" in query) return count;
        return count + (await adapter.remove({ ids: (await spared(adapter)).slice(0, query.limit) }));
      },
    }),
  ),
  fault("removes jobs on which only running ones depend", (adapter) =>
    decorate(adapter, {
      remove: async (query) => {
        const count = await adapter.remove(query);
        const ids = "ids" in query ? [] : await spared(adapter, (job) => job.state !== "blocked");
        return count + (await adapter.remove({ ids }));
      },
    }),
  ),
  fault("keeps for ever what was spared once", (adapter) => {
    const kept = new Set<string>();
    return decorate(adapter, {
      remove: async (query) => {
        for (const id of await spared(adapter)) kept.add(id);
        if ("ids" in query || kept.size === 0) return adapter.remove(query);
        const before = await adapter.get([...kept]);
        const count = await adapter.remove(query);
        const lost = before.filter((job) => job !== null);
        await adapter.insert(lost.map((job) => ({ ...job, state: "waiting" })));
        return Math.max(0, count - lost.length);
      },
    });
  }),
  fault("drops what is not kept though others depend on it", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        const outcomes = await adapter.cas(changes, at);
        const lanes = await adapter.lanes();
        const ids = changes.map((each) => each.id);
        const done = (await adapter.get(ids)).filter((job) => job?.state === "completed");
        const isDropped = (job: Job | null) =>
          job?.keep?.completed === false ||
          lanes.some(({ lane, settings }) => lane === job?.lane && settings.keep?.completed === false);
        await adapter.remove({ ids: done.filter(isDropped).flatMap((job) => job?.id ?? []) });
        return outcomes;
      },
    }),
  ),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P20", name, break: breaking };
}

/** The finished jobs on which unfinished ones depend. */
async function spared(adapter: Adapter, dependent: (job: Job) => boolean = () => true): Promise<string[]> {
  const unfinished = await find(adapter, (job) => !isTerminal(job.state) && dependent(job));
  const ids = new Set(unfinished.flatMap((job) => job.dependsOn ?? []));
  return (await find(adapter, (job) => isTerminal(job.state) && ids.has(job.id))).map((job) => job.id);
}
