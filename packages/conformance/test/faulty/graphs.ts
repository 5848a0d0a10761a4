import { type Adapter, isTerminal, type Job, type NewJob, type OnParent, QueueError } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";
import { find, onceReopened, onceTogether, outsideTransactions, storing, strandBlocked } from "./shaping.ts";

/** How many changes are about to be made, on all handles. */
let changesToCome = 0;

/** Breaks P20. */
export const graphs: readonly Fault[] = [
  fault("does not know dependencies", (adapter) => storing(adapter, (job) => without(job, "dependsOn") as NewJob)),
  fault("waits for all but one of those that a job depends on", (adapter) =>
    storing(adapter, (job) =>
      job.dependsOn && job.dependsOn.length > 1 ? { ...job, dependsOn: job.dependsOn.slice(1) } : job,
    ),
  ),
  fault("looks at the first thousand of those that a job depends on", (adapter) =>
    storing(adapter, (job) => (job.dependsOn ? { ...job, dependsOn: job.dependsOn.slice(0, 1000) } : job)),
  ),
  parenting("cancels what should be left", { leave: "cancel" }),
  parenting("cancels what should be released", { release: "cancel" }),
  parenting("leaves what should be cancelled", { cancel: "leave" }),
  parenting("releases what should be left", { leave: "release" }),
  fault("waits for jobs that are not there", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const known = new Set([...(await find(adapter, () => true)), ...jobs].map((job) => job.id));
        const leave = (job: NewJob): NewJob =>
          job.dependsOn && !job.dependsOn.every((id) => known.has(id)) ? { ...job, onParent: "leave" } : job;
        return adapter.insert(jobs.map(leave), at);
      },
    }),
  ),
  fault("does not see the jobs that come later in a call", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => (await Promise.all(jobs.map((job) => adapter.insert([job], at)))).flat(),
    }),
  ),
  fault("carries an end down to those that depend on it, and no further", (adapter) =>
    decorate(adapter, {
      insert: async (jobs, at) => {
        const deep = new Set(
          [...(await find(adapter, (job) => job.dependsOn !== undefined)), ...jobs.filter((job) => job.dependsOn)].map(
            (job) => job.id,
          ),
        );
        return adapter.insert(
          jobs.map((job) => (job.dependsOn?.some((id) => deep.has(id)) ? { ...job, onParent: "leave" } : job)),
          at,
        );
      },
    }),
  ),
  fault("carries an end a thousand jobs far", (adapter) =>
    decorate(adapter, {
      insert: (jobs, at) =>
        adapter.insert(
          jobs.length > 1000
            ? jobs.map((job, i) => (i > 1000 && job.onParent ? { ...job, onParent: "leave" } : job))
            : jobs,
          at,
        ),
    }),
  ),
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
  fault("waits again for a job that completed and is retried", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        const before = await adapter.get(changes.map((each) => each.id));
        const outcomes = await adapter.cas(changes, at);
        const retried = before.flatMap((job, i) =>
          job?.state === "completed" && changes[i]?.set.state ? [job.id] : [],
        );
        const blocked = await find(
          adapter,
          (job) => job.state === "blocked" && (job.dependsOn ?? []).some((id) => retried.includes(id)),
        );
        for (const job of blocked) {
          await adapter.remove({ ids: [job.id] });
          await adapter.insert([{ ...job, state: "waiting" }], at);
        }
        return outcomes;
      },
    }),
  ),
  fault("takes a failed attempt for the end", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        const outcomes = await adapter.cas(changes, at);
        const tried = new Set(
          changes.flatMap((each) => (each.set.error && each.set.state === "waiting" ? [each.id] : [])),
        );
        const blocked = await find(
          adapter,
          (job) => job.state === "blocked" && (job.dependsOn ?? []).some((id) => tried.has(id)),
        );
        for (const { id, version } of blocked)
          await adapter.cas([{ id, expect: { version }, set: { state: "cancelled" } }], at);
        return outcomes;
      },
    }),
  ),
  fault("gives blocked jobs that are asked for by id", (adapter) =>
    decorate(adapter, {
      poll: async (request) => {
        const blocked = await find(adapter, (job) => job.state === "blocked" && (request.ids ?? []).includes(job.id));
        for (const { id, version } of blocked)
          await adapter.cas([{ id, expect: { version }, set: { state: "waiting" } }]);
        return adapter.poll(request);
      },
    }),
  ),
  fault("counts blocked jobs as waiting", (adapter) =>
    decorate(adapter, {
      lanes: async (query) =>
        (await adapter.lanes(query)).map((lane) => {
          const { blocked = 0, ...counts } = lane.counts;
          return blocked === 0 ? lane : { ...lane, counts: { ...counts, waiting: (counts["waiting"] ?? 0) + blocked } };
        }),
    }),
  ),
  fault("does not tell what a job depends on", (adapter) =>
    decorate(adapter, {
      get: async (ids) => (await adapter.get(ids)).map((job) => job && (without(job, "dependsOn") as Job)),
    }),
  ),
  fault("lets a released job be due at once", (adapter) =>
    storing(adapter, (job) => (job.dependsOn ? (without(job, "delayMs") as NewJob) : job)),
  ),
  fault("changes a job each time that one of those it depends on completes", (adapter) =>
    decorate(adapter, {
      cas: async (changes, at) => {
        const outcomes = await adapter.cas(changes, at);
        const ended = new Set(changes.flatMap((each) => (each.set.state === "completed" ? [each.id] : [])));
        const blocked = await find(
          adapter,
          (job) => job.state === "blocked" && (job.dependsOn ?? []).some((id) => ended.has(id)),
        );
        for (const { id, version } of blocked) await adapter.cas([{ id, expect: { version }, set: {} }], at);
        return outcomes;
      },
    }),
  ),
  fault("judges once more what an operator freed by hand", (adapter) => {
    const freed = new Set<string>();
    return decorate(adapter, {
      cas: (changes, at) =>
        oneByOne(changes, async (each) => {
          const [before] = await adapter.get([each.id]);
          if (before?.state === "blocked" && each.set.state === "waiting") freed.add(each.id);
          const outcome = await change(adapter, each, at);
          for (const job of await adapter.get(each.set.state === "failed" ? [...freed] : [])) {
            if (job)
              await change(adapter, { id: job.id, expect: { version: job.version }, set: { state: "cancelled" } }, at);
          }
          return outcome;
        }),
    });
  }),
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
  fault("spawns jobs without what they depend on", (adapter) =>
    decorate(adapter, {
      cas: (changes, at) =>
        adapter.cas(
          changes.map((each) =>
            each.spawn ? { ...each, spawn: each.spawn.map((job) => without(job, "dependsOn") as NewJob) } : each,
          ),
          at,
        ),
    }),
  ),
  fault("does not record what becomes of blocked jobs", (adapter) =>
    decorate(adapter, {
      events: async (query) => {
        const page = await adapter.events(query);
        return { ...page, items: page.items.filter((event) => event.from !== "blocked") };
      },
    }),
  ),
  fault("ends jobs outside of the caller's transaction", outsideTransactions),
  fault("forgets what was satisfied when it is closed", (adapter) =>
    onceReopened(adapter, (each) =>
      decorate(each, {
        open: async () => {
          for (const job of await find(each, ({ state }) => state === "blocked")) {
            await each.remove({ ids: [job.id] });
            await each.insert([{ ...job, state: "waiting" }]);
          }
        },
      }),
    ),
  ),
];

function fault(name: string, breaking: (adapter: Adapter) => Adapter): Fault {
  return { promise: "P20", name, break: breaking };
}

/** Takes one way to treat dependents for another. */
function parenting(name: string, instead: { readonly [K in OnParent]?: OnParent }): Fault {
  return fault(name, (adapter) =>
    storing(adapter, (job) => (job.onParent ? { ...job, onParent: instead[job.onParent] ?? job.onParent } : job)),
  );
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
