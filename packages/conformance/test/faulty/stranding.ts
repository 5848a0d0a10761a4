import { type Adapter, isTerminal } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import type { Fault } from "./fault.ts";
import { find, onceTogether, strandBlocked } from "./shaping.ts";

/** How many changes are about to be made, on all handles. */
let changesToCome = 0;

/** Breaks P20 by leaving blocked whoever might go on. */
export const stranding: readonly Fault[] = [
  ending("strands a blocked job when an end comes by a poll", { poll: true }),
  ending("strands a blocked job when what it depends on is removed", { remove: true }),
  ending("strands a blocked job when what it depends on fails for good", { cas: "failed" }),
  ending("strands a blocked job when what it depends on is cancelled", { cas: "cancelled" }),
  fault("strands a blocked job when ends meet", (adapter) =>
    onceTogether(adapter, "cas", (each) =>
      decorate(each, {
        cas: async (changes, at) => {
          const blocked = await find(each, (job) => job.state === "blocked");
          for (const { id } of blocked) await strandBlocked(each, id);
          return each.cas(changes, at);
        },
      }),
    ),
  ),
  fault("strands a job that is added while what it depends on ends", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        changesToCome += 1;
        for (let i = 0; i < 3; i++) await new Promise(setImmediate);
        changesToCome -= 1;
        return adapter.cas(changes, at);
      },
      insert: async (jobs, at) => {
        await new Promise(setImmediate);
        const stranded = changesToCome > 0 ? jobs.flatMap((job) => (job.dependsOn ? [job.id] : [])) : [];
        const outcomes = await adapter.insert(jobs, at);
        for (const id of stranded) await strandBlocked(adapter, id);
        return outcomes;
      },
    }),
  ),
  fault("blocks a new job though all that it depends on have completed", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const outcomes = await adapter.insert(jobs, at);
        for (const job of await adapter.get(jobs.filter((each) => each.dependsOn).map((each) => each.id))) {
          if (job?.state === "waiting") await strandBlocked(adapter, job.id);
        }
        return outcomes;
      },
    }),
  ),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P20", name, break: breaking };
}

/** Leaves blocked for ever whoever depends on a job that ends in some way. */
function ending(name: string, how: { poll?: boolean; remove?: boolean; cas?: string }): Fault {
  return fault(name, (adapter) => {
    const strandDependents = async (ids: readonly string[]): Promise<void> => {
      const blocked = await find(
        adapter,
        (job) => job.state === "blocked" && (job.dependsOn ?? []).some((id) => ids.includes(id)),
      );
      for (const { id } of blocked) await strandBlocked(adapter, id);
    };
    return decorate(adapter, {
      poll: async (request) => {
        const { from = "waiting", to = "active" } = request;
        if (how.poll && isTerminal(to))
          await strandDependents((await find(adapter, (job) => job.state === from)).map((job) => job.id));
        return adapter.poll(request);
      },
      remove: async (query) => {
        if (how.remove && "ids" in query) await strandDependents(query.ids);
        return adapter.remove(query);
      },
      cas: async (changes, at) => {
        const ids = changes
          .filter(
            (each) =>
              how.cas !== undefined && (each.set.state === how.cas || (each.set.cancel && how.cas === "cancelled")),
          )
          .map((each) => each.id);
        if (ids.length > 0) await strandDependents(ids);
        return adapter.cas(changes, at);
      },
    });
  });
}
