import type { Adapter, Job, JobQuery, LaneSettings, NewJob, PollRequest } from "@anyqueue/api";
import { decorate } from "../../src/decorate.ts";
import { without } from "./fault.ts";

/** Does something while every lane that has jobs or settings is set otherwise, and sets the lanes back. */
export async function meanwhile<T>(
  adapter: Adapter,
  change: (settings: LaneSettings, lane: string) => LaneSettings,
  work: () => Promise<T>,
): Promise<T> {
  const lanes = await adapter.lanes();
  const set = lanes.map(({ lane, settings }) => ({ lane, settings, changed: change(settings, lane) }));
  for (const { lane, changed } of set) await adapter.configure(lane, changed);
  try {
    return await work();
  } finally {
    for (const { lane, settings, changed } of set) {
      const before = Object.keys(changed).map((key) => [key, settings[key as keyof LaneSettings] ?? null]);
      await adapter.configure(lane, Object.fromEntries(before) as LaneSettings);
    }
  }
}

/** An adapter on which polls of some kind are answered as if the lanes were set otherwise. */
export function pollingAs(
  adapter: Adapter,
  applies: (request: PollRequest) => boolean,
  change: (settings: LaneSettings) => LaneSettings,
): Adapter {
  return decorate(adapter, {
    poll: (request) =>
      applies(request) ? meanwhile(adapter, change, () => adapter.poll(request)) : adapter.poll(request),
  });
}

/** An adapter that does something else to jobs before it stores them. */
export function storing(adapter: Adapter, change: (job: NewJob) => NewJob): Adapter {
  return decorate(adapter, {
    insert: (jobs, at) => adapter.insert(jobs.map(change), at),
    cas: (changes, at) =>
      adapter.cas(
        changes.map((each) => (each.spawn ? { ...each, spawn: each.spawn.map(change) } : each)),
        at,
      ),
  });
}

/** An adapter that is right on a new store, and wrong on one that was there when it was opened. */
export function onceReopened(adapter: Adapter, breaking: (adapter: Adapter) => Adapter): Adapter {
  const broken = breaking(adapter);
  let isReopened = false;
  const one = (): Adapter => (isReopened ? broken : adapter);
  return decorate(adapter, {
    open: async () => {
      await adapter.open();
      isReopened = (await adapter.lanes()).length > 0;
      if (isReopened) await broken.open();
    },
    insert: (jobs, at) => one().insert(jobs, at),
    poll: (request) => one().poll(request),
    cas: (changes, at) => one().cas(changes, at),
    remove: (query) => one().remove(query),
  });
}

/** How many calls are under way on all handles. */
const underWay = { insert: 0, poll: 0, cas: 0 };

/** An adapter whose verb is wrong when it is called while an earlier call of it is under way, on whatever handle. */
export function onceTogether(
  adapter: Adapter,
  verb: "insert" | "poll" | "cas",
  breaking: (adapter: Adapter) => Adapter,
): Adapter {
  const broken = breaking(adapter);
  const call = async <T>(right: () => Promise<T>, wrong: () => Promise<T>): Promise<T> => {
    underWay[verb] += 1;
    try {
      await new Promise(setImmediate);
      return await (underWay[verb] > 1 ? wrong() : right());
    } finally {
      underWay[verb] -= 1;
    }
  };
  return decorate(adapter, {
    ...(verb === "insert" && {
      insert: (jobs, at) =>
        call(
          () => adapter.insert(jobs, at),
          () => broken.insert(jobs, at),
        ),
    }),
    ...(verb === "poll" && {
      poll: (request) =>
        call(
          () => adapter.poll(request),
          () => broken.poll(request),
        ),
    }),
    ...(verb === "cas" && {
      cas: (changes, at) =>
        call(
          () => adapter.cas(changes, at),
          () => broken.cas(changes, at),
        ),
    }),
  });
}

/** An adapter that does not join the caller's transaction. */
export function outsideTransactions(adapter: Adapter): Adapter {
  return decorate(adapter, {
    insert: (jobs, at = {}) => adapter.insert(jobs, without(at, "tx")),
    cas: (changes, at = {}) => adapter.cas(changes, without(at, "tx")),
  });
}

/** Every job of the store for which something holds, in insertion order. */
export async function find(
  adapter: Adapter,
  fits: (job: Job) => boolean,
  query: Partial<JobQuery> = {},
): Promise<readonly Job[]> {
  return (await adapter.list({ limit: 10_000, ...query })).items.filter(fits);
}

/** Puts a job off for ever, so that no poll finds it. */
export async function strand(adapter: Adapter, { id } = { id: "main:none" } as Pick<Job, "id">): Promise<void> {
  const [job] = await adapter.get([id]);
  if (job) await adapter.cas([{ id, expect: { version: job.version }, set: { runAt: 8e15 } }]);
}

/** Makes a blocked job wait for one that never comes. */
export async function strandBlocked(adapter: Adapter, id: string): Promise<void> {
  const [job] = await adapter.get([id]);
  if (!job) return;
  await adapter.remove({ ids: [id] });
  await adapter.insert([{ ...job, state: "waiting", dependsOn: ["main:$never"], onParent: "leave" }]);
}

/** A limit that is set, raised by so many. */
export function more(settings: LaneSettings, limit: "capacity" | "concurrency", by: number): LaneSettings {
  const now = settings[limit];
  return typeof now === "number" ? { [limit]: Math.max(0, now + by) } : {};
}
