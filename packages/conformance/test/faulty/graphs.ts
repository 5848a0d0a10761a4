import type { Adapter, Job, NewJob, OnParent } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { change, type Fault, oneByOne, without } from "./fault.ts";
import { find, onceReopened, outsideTransactions, storing } from "./shaping.ts";

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
